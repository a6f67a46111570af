// The axes of message buffers (working_set_bytes, alignment_bytes, huge_pages): what goes together.
#ifndef COPYCOST_COMMON_BUFFER_AXES_H_
#define COPYCOST_COMMON_BUFFER_AXES_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "copycost/v1/experiment.pb.h"

namespace copycost {

// Of a working set. More would be known by tables that are themselves larger than the messages, and
// fill the caches in their place.
inline constexpr uint64_t kMostWorkingMessages = 16384;
inline constexpr uint64_t kMostWorkingFields = 131072;

// The working set of messages of that size: rounded up to whole ones. 0 stays 0.
uint64_t WorkingSetOf(uint64_t working_set_bytes, uint64_t message_bytes);

// How many messages of that size the workload's working set has; 0 without one.
uint64_t WorkingMessages(const v1::Workload& workload, uint64_t message_bytes);

// Of messages, or of requests and responses.
std::vector<uint64_t> MessageSizesOf(const v1::Workload& workload);

// InvalidArgument says why there can be no buffers like this, in words that stand alone.
absl::Status CheckBufferAxes(const v1::Workload& workload);

}  // namespace copycost

#endif  // COPYCOST_COMMON_BUFFER_AXES_H_
