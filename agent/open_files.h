// How many descriptors this process may have. A trial needs one for each flow, and gRPC its own.
#ifndef COPYCOST_AGENT_OPEN_FILES_H_
#define COPYCOST_AGENT_OPEN_FILES_H_

#include "absl/status/status.h"

namespace copycost {

// Raises the soft limit (RLIMIT_NOFILE), often 1024, to the hard one, which takes no privilege.
// Safe where nothing calls select(2), which cannot name a descriptor beyond 1023: gRPC and the data
// path use epoll and poll.
absl::Status RaiseOpenFileLimit();

}  // namespace copycost

#endif  // COPYCOST_AGENT_OPEN_FILES_H_
