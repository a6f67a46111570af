// The descriptors of a process that was forked and has not executed anything else.
#ifndef COPYCOST_COORDINATOR_FLEET_DESCRIPTORS_H_
#define COPYCOST_COORDINATOR_FLEET_DESCRIPTORS_H_

#include "absl/status/status.h"
#include "absl/types/span.h"

namespace copycost {

// Closes every descriptor but the standard ones and `kept`. For a process with one thread. An error
// is that of reading /proc/self/fd; nothing is closed then.
absl::Status CloseAllBut(absl::Span<const int> kept);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_FLEET_DESCRIPTORS_H_
