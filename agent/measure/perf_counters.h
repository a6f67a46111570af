// The kernel's counters: perf_event_open(2), by names that libpfm4 knows. The only user of both.
#ifndef COPYCOST_AGENT_MEASURE_PERF_COUNTERS_H_
#define COPYCOST_AGENT_MEASURE_PERF_COUNTERS_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "agent/measure/counters.h"

namespace copycost {

// Thread-safe.
class PerfCounters final : public CounterSource {
 public:
  // An event of which this process may not count what is done in the kernel is opened for user mode
  // alone, unless it is one of the kernel's own that then would read 0. The name's own modifiers
  // ("cycles:u") are left as they are.
  OpenedCounters Open(absl::Span<const std::string> events, const CounterTarget& target) override;
};

struct WantedCounter {
  bool pmu = false;     // of the hardware's
  bool of_cpu = false;  // else of a thread
  bool with_kernel = false;
  bool counts_cycles = false;  // there is a PMU, and it counts something
};

// kernel.perf_event_paranoid.
std::optional<int> PerfEventParanoid();

// What perf_event_open's error means: the reason, and after a ';' what would permit it. `paranoid`
// is kernel.perf_event_paranoid, where it is known. Pure.
absl::Status WhyNotCounted(int error, const WantedCounter& wanted, std::optional<int> paranoid);

}  // namespace copycost

#endif  // COPYCOST_AGENT_MEASURE_PERF_COUNTERS_H_
