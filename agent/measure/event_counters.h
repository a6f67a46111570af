// Groups of events of one thread or CPU through one window. What could not be counted keeps its
// reason.
#ifndef COPYCOST_AGENT_MEASURE_EVENT_COUNTERS_H_
#define COPYCOST_AGENT_MEASURE_EVENT_COUNTERS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "agent/measure/counters.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

class EventCounters {
 public:
  // Opens them, not counting yet. By the thread that is counted, where it is one.
  EventCounters(CounterSource& source, absl::Span<const v1::EventGroup> groups,
                const CounterTarget& target);

  // They count from now on; and no more. Once each, by any thread, one after the other.
  void Begin();
  void End();

  std::vector<int> Descriptors() const;  // that the two need
  bool uses_pmu() const;

  // After End: every event, in order.
  std::vector<v1::EventCount> Tell() const;

 private:
  struct Group {
    std::vector<std::string> names;
    OpenedCounters opened;
    bool counting = false;   // from Begin on
    absl::Status counted;    // what kept it from being counted, once it was open
    CounterReading reading;  // after End
  };

  std::vector<Group> groups_;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_MEASURE_EVENT_COUNTERS_H_
