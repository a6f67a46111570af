// What is counted in one trial by one agent, beside what its flows tell: of its data threads, and
// of the CPUs of its host. Owned by the trial's runner.
#ifndef COPYCOST_AGENT_MEASURE_TRIAL_COUNTERS_H_
#define COPYCOST_AGENT_MEASURE_TRIAL_COUNTERS_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "agent/measure/counters.h"
#include "agent/measure/counting_plan.h"
#include "agent/measure/event_counters.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

class TrialCounters {
 public:
  // Decides what is counted, and opens the counters of `cpus`. The source outlives this.
  TrialCounters(CounterSource& source, const v1::Instruments& instruments,
                absl::Span<const uint32_t> cpus);

  CounterSource& source() const { return source_; }
  // What a ThreadCounters of each data thread is to count.
  absl::Span<const v1::EventGroup> thread_groups() const { return plan_.threads.groups; }

  // The window of the CPUs.
  void Begin();
  void End();

  // Adds the events that it is not the turn of to what a ThreadCounters tells.
  void AddWaiting(v1::ThreadCounts& counts) const;
  // After End.
  std::vector<v1::CpuCounts> OfCpus() const;

 private:
  struct Cpu {
    uint32_t number;
    EventCounters counters;
  };

  CounterSource& source_;
  const CountingPlan plan_;
  std::vector<Cpu> cpus_;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_MEASURE_TRIAL_COUNTERS_H_
