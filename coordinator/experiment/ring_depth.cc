#include "coordinator/experiment/ring_depth.h"

#include <algorithm>

#include "common/buffer_axes.h"
#include "common/flow_axes.h"
#include "common/mode_traits.h"

namespace copycost {
namespace {

constexpr uint64_t kPageBytes = 4096;
// Enough to keep a flow busy between completions, little enough to stay in a last-level cache.
constexpr uint64_t kRingBytes = uint64_t{4} << 20;
constexpr uint64_t kLeast = 2;
constexpr uint64_t kMost = 64;

uint64_t PagesOf(uint64_t message_bytes) {
  return (message_bytes + kPageBytes - 1) / kPageBytes + 2;
}

// A ring has no more buffers than there are, whichever way.
uint32_t WithinWorkingSet(const v1::Workload& workload, uint64_t depth) {
  for (const uint64_t bytes : MessageSizesOf(workload)) {
    const uint64_t messages = WorkingMessages(workload, bytes);
    if (messages > 0) depth = std::min(depth, messages);
  }
  return static_cast<uint32_t>(depth);
}

}  // namespace

uint64_t LockedBytes(const v1::Workload& workload, uint32_t ring_depth) {
  uint64_t pages = 0;
  for (const uint64_t bytes : MessageSizesOf(workload)) {
    uint64_t buffers = ring_depth;
    if (RegistersBuffers(workload.send_mode())) {
      buffers = std::max(buffers, WorkingMessages(workload, bytes));
    }
    pages += PagesOf(bytes) * buffers;
  }
  return pages * kPageBytes * FlowsOf(workload);
}

uint32_t LeastRingDepth(const v1::Workload& workload) {
  return workload.ring_depth() != 0 ? workload.ring_depth() : WithinWorkingSet(workload, kLeast);
}

uint32_t ResolveRingDepth(const v1::Workload& workload,
                          std::optional<uint64_t> locked_memory_bytes) {
  if (workload.ring_depth() != 0 || !PinsBuffers(workload.send_mode()))
    return workload.ring_depth();
  const uint64_t message_bytes =
      std::max<uint64_t>({workload.message_bytes(), workload.response_bytes(), 1});
  uint64_t depth = std::clamp(kRingBytes / message_bytes, kLeast, kMost);
  const auto fits = [&](uint64_t candidate) {
    return !locked_memory_bytes ||
           LockedBytes(workload, static_cast<uint32_t>(candidate)) <= *locked_memory_bytes;
  };
  while (depth > kLeast && !fits(depth)) --depth;
  return WithinWorkingSet(workload, depth);
}

}  // namespace copycost
