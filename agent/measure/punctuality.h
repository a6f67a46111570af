// What lets a thread run when its time comes, however busy the data threads keep the CPUs. Both
// calls are for the calling thread; threads that it starts do not inherit them.
#ifndef COPYCOST_AGENT_MEASURE_PUNCTUALITY_H_
#define COPYCOST_AGENT_MEASURE_PUNCTUALITY_H_

#include "absl/status/status.h"

namespace copycost {

// The lowest real-time priority (SCHED_FIFO), before every ordinary thread. PermissionDenied
// without CAP_SYS_NICE and RLIMIT_RTPRIO.
absl::Status TakeRealTimePriority();

// The shortest slice that EEVDF grants to anyone, which brings an ordinary thread to a CPU soon
// after it wakes. FailedPrecondition before Linux 6.12; older kernels favour sleepers by
// themselves.
absl::Status TakeShortSlice();

}  // namespace copycost

#endif  // COPYCOST_AGENT_MEASURE_PUNCTUALITY_H_
