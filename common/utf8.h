// Text from outside that is to be stored in a proto string, which must be UTF-8.
#ifndef COPYCOST_COMMON_UTF8_H_
#define COPYCOST_COMMON_UTF8_H_

#include <string>

#include "absl/strings/string_view.h"

namespace copycost {

// `bytes` with every byte that is part of no well-formed UTF-8 sequence (RFC 3629) as '?'.
std::string ToUtf8(absl::string_view bytes);

}  // namespace copycost

#endif  // COPYCOST_COMMON_UTF8_H_
