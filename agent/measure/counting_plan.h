// What of a trial's events is counted in it. The PMU has few counters, and what does not fit is not
// made to share them: it takes turns from trial to trial.
#ifndef COPYCOST_AGENT_MEASURE_COUNTING_PLAN_H_
#define COPYCOST_AGENT_MEASURE_COUNTING_PLAN_H_

#include <cstdint>
#include <vector>

#include "agent/measure/counters.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

struct CountingPlan {
  struct Part {
    std::vector<v1::EventGroup> groups;   // counted in this trial
    std::vector<v1::EventCount> waiting;  // the events that are not: absent, and why
  };
  Part threads;
  Part cpus;
};

// Tries on the calling thread, and on `cpu`, which groups the PMU counts at once: some 100 us for
// each that it counts at all. Groups of threads and of CPUs never take the same turn, since both
// would want the same counters. What takes no counter of the hardware's is counted in every trial,
// and so is what cannot be counted, so that its reason is told.
CountingPlan PlanCounting(CounterSource& source, const v1::Instruments& instruments, uint32_t cpu);

}  // namespace copycost

#endif  // COPYCOST_AGENT_MEASURE_COUNTING_PLAN_H_
