// The ring in which the kernel leaves the samples of one perf event (perf_event_open(2), "MMAP
// layout"). One reader, the kernel writes; neither waits for the other.
#ifndef COPYCOST_AGENT_MEASURE_SAMPLE_RING_H_
#define COPYCOST_AGENT_MEASURE_SAMPLE_RING_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"

namespace copycost {

// One sample: addresses of the chain of calls, innermost first.
struct CpuSample {
  int32_t process = 0;  // as this process's PID namespace numbers them; 0 or less: not in it
  int32_t thread = 0;
  uint64_t weight = 0;  // of the event, since the sample before
  std::vector<uint64_t> kernel;
  std::vector<uint64_t> user;
};

class SampleRing {
 public:
  // `control` is a perf_event_mmap_page, `data` what follows it, a power of two long. Both outlive
  // this. The samples are of PERF_SAMPLE_TID, PERIOD and CALLCHAIN.
  SampleRing(void* control, absl::Span<std::byte> data) : control_(control), data_(data) {}

  // All that has come since the last call. What is malformed is passed over as lost.
  void Read(absl::FunctionRef<void(const CpuSample&)> take);

  uint64_t lost() const { return lost_; }

 private:
  // `size` bytes from position `at` of all that was ever written.
  void Copy(uint64_t at, void* to, size_t size) const;
  void TakeRecord(uint32_t type, absl::FunctionRef<void(const CpuSample&)> take);

  void* control_;
  absl::Span<std::byte> data_;
  std::vector<uint64_t> record_;  // the one being read, without its header
  CpuSample sample_;
  uint64_t lost_ = 0;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_MEASURE_SAMPLE_RING_H_
