// One performance event, tried by perf_event_open(2).
#ifndef COPYCOST_AGENT_CHECKS_PERF_EVENT_H_
#define COPYCOST_AGENT_CHECKS_PERF_EVENT_H_

#include <cstdint>

#include "absl/status/statusor.h"

namespace copycost {

struct PerfEvent {
  enum class What { kTaskClock, kCpuClock, kCycles };
  // Of the calling thread, or of everything that one CPU does.
  enum class Scope { kThread, kCpu };

  What what = What::kTaskClock;
  Scope scope = Scope::kThread;
  uint32_t cpu = 0;          // for kCpu
  bool with_kernel = false;  // else in user mode only

  bool operator==(const PerfEvent&) const = default;
};

// Opens a counter, lets it count some microseconds of this thread's work, and gives its value.
// NotFound for a hardware event without a PMU that has it; PermissionDenied where
// perf_event_paranoid or a security profile forbids it.
absl::StatusOr<uint64_t> CountEvent(const PerfEvent& event);

}  // namespace copycost

#endif  // COPYCOST_AGENT_CHECKS_PERF_EVENT_H_
