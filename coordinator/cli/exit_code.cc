#include "coordinator/cli/exit_code.h"

namespace copycost {

int ExitCodeOf(const absl::Status& could_not_start) {
  if (could_not_start.ok()) return kExitDone;
  return absl::IsInvalidArgument(could_not_start) ? kExitBadInput : kExitNotStarted;
}

}  // namespace copycost
