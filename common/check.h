// Checks (diagnosis.proto), as both sides write them.
#ifndef COPYCOST_COMMON_CHECK_H_
#define COPYCOST_COMMON_CHECK_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "copycost/v1/diagnosis.pb.h"

namespace copycost {

v1::Check OkCheck(absl::string_view name, absl::string_view found);

v1::Check LimitedCheck(absl::string_view name, absl::string_view found, absl::string_view remedy);

v1::Check MissingCheck(absl::string_view name, absl::string_view found, absl::string_view remedy);

// What failed, from its message: "what was tried: what the kernel said; what would enable it".
// Where the message has no such end, the remedy is `otherwise`. `failed` must not be OK.
v1::Check FailedCheck(absl::string_view name, v1::CheckState state, const absl::Status& failed,
                      absl::string_view otherwise);

}  // namespace copycost

#endif  // COPYCOST_COMMON_CHECK_H_
