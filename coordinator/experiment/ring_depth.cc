#include "coordinator/experiment/ring_depth.h"

#include <algorithm>

#include "common/buffer_axes.h"
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

// A ring has no more buffers than there are.
uint32_t WithinWorkingSet(const v1::Workload& workload, uint64_t depth) {
  const uint64_t messages = WorkingMessages(workload);
  return static_cast<uint32_t>(messages > 0 ? std::min(depth, messages) : depth);
}

}  // namespace

uint64_t LockedBytes(const v1::Workload& workload, uint32_t ring_depth) {
  if (RegistersBuffers(workload.send_mode())) {
    ring_depth = static_cast<uint32_t>(std::max<uint64_t>(ring_depth, WorkingMessages(workload)));
  }
  uint64_t pages = PagesOf(workload.message_bytes());
  if (Exchanges(workload.pattern())) pages += PagesOf(workload.response_bytes());
  return pages * kPageBytes * workload.threads() * ring_depth;
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
  if (locked_memory_bytes) {
    const uint64_t of_one_each = std::max<uint64_t>(LockedBytes(workload, 1), 1);
    depth = std::clamp(*locked_memory_bytes / of_one_each, kLeast, depth);
  }
  return WithinWorkingSet(workload, depth);
}

}  // namespace copycost
