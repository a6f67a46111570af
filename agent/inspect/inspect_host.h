// How this host is set, as it is told to whoever asks before and after a run.
#ifndef COPYCOST_AGENT_INSPECT_INSPECT_HOST_H_
#define COPYCOST_AGENT_INSPECT_INSPECT_HOST_H_

#include "absl/status/statusor.h"
#include "agent/checks/kernel.h"
#include "copycost/v1/host.pb.h"

namespace copycost {

// As the calling thread sees it, in its network namespace; some milliseconds, and 50 us for each
// event. InvalidArgument for more data addresses or events than an agent is asked for, and for what
// is no event's name.
absl::StatusOr<v1::HostState> InspectHost(const v1::InspectRequest& request,
                                          const Kernel& kernel = RealKernel());

}  // namespace copycost

#endif  // COPYCOST_AGENT_INSPECT_INSPECT_HOST_H_
