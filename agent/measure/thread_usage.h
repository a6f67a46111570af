// What the kernel keeps of a thread anyway, from /proc, where others may ask while it is blocked:
// context switches and page faults (which getrusage(RUSAGE_THREAD) tells the thread itself), its
// time on a CPU and its waits for one, and how often it was moved. Counters of these events cost
// each switch of the thread, and some read 0 where the kernel may not be counted.
#ifndef COPYCOST_AGENT_MEASURE_THREAD_USAGE_H_
#define COPYCOST_AGENT_MEASURE_THREAD_USAGE_H_

#include <time.h>

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
  std::optional<uint64_t> cpu_ns;  // on a CPU, up to now: /proc tells it up to the last clock tick
  // While others had its CPU and it could have run; absent without CONFIG_SCHED_INFO.
  std::optional<int64_t> run_delay_ns;
  std::optional<uint64_t> migrations;  // absent without CONFIG_SCHED_DEBUG
};

class UsageReader {
 public:
  static absl::StatusOr<UsageReader> OfThisThread();

  // Since the thread began. By any thread that has Descriptors in its table of open files, while
  // the one that is read lives.
  absl::StatusOr<ThreadUsage> Read() const;

  std::vector<int> Descriptors() const;

 private:
  clockid_t clock_ = CLOCK_THREAD_CPUTIME_ID;
  UniqueFd stat_;
  UniqueFd status_;
  UniqueFd schedstat_;  // not valid where there is none
  UniqueFd sched_;      // likewise
};

// The texts of /proc/PID/task/TID/stat and .../status (proc(5)). Internal for any other.
absl::StatusOr<ThreadUsage> ParseThreadUsage(absl::string_view stat, absl::string_view status);

// The text of /proc/PID/task/TID/schedstat (Documentation/scheduler/sched-stats.rst). Internal for
// any other.
absl::StatusOr<int64_t> ParseRunDelay(absl::string_view schedstat);

// The migrations of the text of /proc/PID/task/TID/sched. Absent where it does not tell.
std::optional<uint64_t> ParseMigrations(absl::string_view sched);

// The number that an event's name stands for, if it is one of these and known: "context-switches",
// "page-faults", "minor-faults", "major-faults", "task-clock", "cpu-migrations".
std::optional<uint64_t> UsageEvent(absl::string_view event, const ThreadUsage& usage);

}  // namespace copycost

#endif  // COPYCOST_AGENT_MEASURE_THREAD_USAGE_H_
