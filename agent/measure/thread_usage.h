// Context switches and page faults of a thread, which getrusage(RUSAGE_THREAD) tells the thread
// itself, and how long it waited for a CPU, from /proc, where others may ask while it is blocked.
// Counters of these events read 0 where the kernel may not be counted, since that is where they
// happen.
#ifndef COPYCOST_AGENT_MEASURE_THREAD_USAGE_H_
#define COPYCOST_AGENT_MEASURE_THREAD_USAGE_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/fd.h"

namespace copycost {

struct ThreadUsage {
  uint64_t voluntary_switches = 0;
  uint64_t involuntary_switches = 0;
  uint64_t minor_faults = 0;
  uint64_t major_faults = 0;
  // How long others had its CPU while it could have run; absent without CONFIG_SCHED_INFO.
  std::optional<int64_t> run_delay_ns;
};

class UsageReader {
 public:
  static absl::StatusOr<UsageReader> OfThisThread();

  // Since the thread began. By any thread that has Descriptors in its table of open files, while
  // the one that is read lives.
  absl::StatusOr<ThreadUsage> Read() const;

  std::vector<int> Descriptors() const;

 private:
  UniqueFd stat_;
  UniqueFd status_;
  UniqueFd schedstat_;  // not valid where there is none
};

// The texts of /proc/PID/task/TID/stat and .../status (proc(5)). Internal for any other.
absl::StatusOr<ThreadUsage> ParseThreadUsage(absl::string_view stat, absl::string_view status);

// The text of /proc/PID/task/TID/schedstat (Documentation/scheduler/sched-stats.rst). Internal for
// any other.
absl::StatusOr<int64_t> ParseRunDelay(absl::string_view schedstat);

// The number that an event's name stands for, if it is one of these: "context-switches",
// "page-faults", "minor-faults", "major-faults".
std::optional<uint64_t> UsageEvent(absl::string_view event, const ThreadUsage& usage);

}  // namespace copycost

#endif  // COPYCOST_AGENT_MEASURE_THREAD_USAGE_H_
