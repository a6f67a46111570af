// Which trials carry the instant of making in each request, so that the way there can be timed
// alone.
#ifndef COPYCOST_COMMON_STAMPED_H_
#define COPYCOST_COMMON_STAMPED_H_

#include <cstdint>

#include "common/mode_traits.h"
#include "copycost/v1/experiment.pb.h"

namespace copycost {

// CLOCK_MONOTONIC in nanoseconds, in the byte order of the host; at the beginning of a message.
inline constexpr uint64_t kStampBytes = 8;

// Those that measure exchanges of which each request is written anew, in fields that hold a stamp,
// and that show the server what came. The ends must have one clock besides.
inline bool IsStamped(const v1::Workload& workload) {
  const bool written = workload.touch() == v1::TOUCH_HEADER || workload.touch() == v1::TOUCH_FIELDS;
  return Exchanges(workload.pattern()) && workload.messages_per_flow() == 0 && written &&
         workload.message_bytes() >= kStampBytes * workload.fields() &&
         !DeliversNothing(workload.receive_mode());
}

}  // namespace copycost

#endif  // COPYCOST_COMMON_STAMPED_H_
