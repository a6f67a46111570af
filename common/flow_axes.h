// The axes that say how many flows there are (threads, flows_per_thread): what goes together.
#ifndef COPYCOST_COMMON_FLOW_AXES_H_
#define COPYCOST_COMMON_FLOW_AXES_H_

#include <cstdint>

#include "absl/status/status.h"
#include "copycost/v1/experiment.pb.h"

namespace copycost {

// Of a trial, on each side.
inline constexpr uint64_t kMostFlows = 1024;

// Of all threads of a side.
uint64_t FlowsOf(const v1::Workload& workload);

// InvalidArgument says why there cannot be so many flows, or not so many of a thread, in words that
// stand alone.
absl::Status CheckFlowCount(const v1::Workload& workload);
absl::Status CheckSharedThreads(const v1::Workload& workload);

}  // namespace copycost

#endif  // COPYCOST_COMMON_FLOW_AXES_H_
