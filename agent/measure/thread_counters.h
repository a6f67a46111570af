// What is counted of one data thread in its window: events of the kernel's counters, and its
// context switches, page faults and waits for a CPU.
#ifndef COPYCOST_AGENT_MEASURE_THREAD_COUNTERS_H_
#define COPYCOST_AGENT_MEASURE_THREAD_COUNTERS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "agent/measure/counters.h"
#include "agent/measure/event_counters.h"
#include "agent/measure/thread_usage.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

class ThreadCounters {
 public:
  // By the thread that is counted.
  ThreadCounters(CounterSource& source, absl::Span<const v1::EventGroup> groups);

  // When the window opens and closes. Once each, by any thread, one after the other, while the one
  // that is counted lives.
  void Begin();
  void End();

  std::vector<int> Descriptors() const;  // that the two need

  // After End: all but whose it is.
  v1::ThreadCounts Tell() const;

 private:
  struct Reading {
    int64_t at_ns = 0;
    absl::StatusOr<ThreadUsage> usage = absl::FailedPreconditionError("its window did not open");
  };

  void Read(Reading& reading) const;
  v1::EventCount TellUsage(const std::string& event) const;

  absl::StatusOr<UsageReader> usage_;
  std::vector<std::string> usage_events_;  // that it tells
  EventCounters events_;                   // the others
  Reading opened_;
  Reading closed_;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_MEASURE_THREAD_COUNTERS_H_
