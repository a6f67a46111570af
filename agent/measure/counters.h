// What the kernel counts of a thread or of a CPU: hardware and software events, and tracepoints. A
// seam: PerfCounters (perf_counters.h) asks the kernel, tests/testing/fake_counters.h counts as it
// is told.
//
//   OpenedCounters opened = source.Open({"cycles", "instructions"}, CounterTarget::ThisThread());
//   opened.group->Enable();              // null where none of the events could be opened
//   ...
//   opened.group->Disable();
//   ASSIGN_OR_RETURN(CounterReading reading, opened.group->Read());
#ifndef COPYCOST_AGENT_MEASURE_COUNTERS_H_
#define COPYCOST_AGENT_MEASURE_COUNTERS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace copycost {

// The calling thread, on whichever CPU it is; or one CPU, whatever it runs.
struct CounterTarget {
  std::optional<uint32_t> cpu;

  static CounterTarget ThisThread() { return {}; }
  static CounterTarget Cpu(uint32_t cpu) { return {.cpu = cpu}; }
};

// Since the group was enabled first. Where more groups are enabled than the PMU has counters for,
// the kernel lets them count by turns: `running_ns`, of the `enabled_ns`.
struct CounterReading {
  int64_t enabled_ns = 0;
  int64_t running_ns = 0;
  std::vector<uint64_t> values;  // as counted, of each event that was opened
};

// Events that count together or not at all: their ratios are of one time. Any thread may call.
class CounterGroup {
 public:
  virtual ~CounterGroup() = default;

  virtual absl::Status Enable() = 0;
  virtual absl::Status Disable() = 0;
  virtual absl::StatusOr<CounterReading> Read() const = 0;

  // The descriptors that the three need, in the table of open files of whoever calls them.
  virtual std::vector<int> Descriptors() const = 0;
};

struct OpenedCounters {
  // One of the events that were asked for.
  struct Event {
    absl::Status opened;     // what forbids it, and what would permit it
    bool user_only = false;  // what it does in the kernel may not be counted by this process
  };
  std::vector<Event> events;            // in the order asked for
  std::unique_ptr<CounterGroup> group;  // of those that were opened; null: none
  bool uses_pmu = false;                // one of them takes a counter of the hardware's
};

class CounterSource {
 public:
  virtual ~CounterSource() = default;

  // Makes one group of the events that can be had, not counting yet. By names of libpfm4
  // ("cycles", "L1-dcache-load-misses", "skl::UOPS_ISSUED:ANY", "instructions:u") or of tracepoints
  // ("sched:sched_switch"). Of an event: NotFound where this machine has none of it, or nothing of
  // this name, PermissionDenied where it may not be counted, InvalidArgument for modifiers that it
  // does not have.
  virtual OpenedCounters Open(absl::Span<const std::string> events,
                              const CounterTarget& target) = 0;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_MEASURE_COUNTERS_H_
