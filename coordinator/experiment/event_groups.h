// Which events are counted together, because they are read as a ratio.
#ifndef COPYCOST_COORDINATOR_EXPERIMENT_EVENT_GROUPS_H_
#define COPYCOST_COORDINATOR_EXPERIMENT_EVENT_GROUPS_H_

#include <vector>

#include "copycost/v1/experiment.pb.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

// The events of a resolved experiment, in order of first appearance: cycles with instructions,
// references or loads with their misses, each with the modifiers of the other; every other event by
// itself. Empty where nothing is counted.
std::vector<v1::EventGroup> GroupEvents(const v1::Experiment& experiment);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_EXPERIMENT_EVENT_GROUPS_H_
