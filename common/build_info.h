// Which build this is.
#ifndef COPYCOST_COMMON_BUILD_INFO_H_
#define COPYCOST_COMMON_BUILD_INFO_H_

#include <string>

#include "absl/strings/string_view.h"

namespace copycost {

// The project's version: "0.1.0".
absl::string_view Version();

// The GNU build id of the running executable, in hex; empty if it was linked without one.
std::string BuildId();

}  // namespace copycost

#endif  // COPYCOST_COMMON_BUILD_INFO_H_
