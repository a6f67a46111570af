// What a fleet cannot measure, for the plan.
#ifndef COPYCOST_COORDINATOR_CLI_FLEET_LIMITS_H_
#define COPYCOST_COORDINATOR_CLI_FLEET_LIMITS_H_

#include <vector>

#include "coordinator/experiment/host_limits.h"
#include "coordinator/fleet/inventory.h"

namespace copycost {

// As the agents describe themselves, and by the addresses the topology has given them. `agents`:
// sender, receiver.
HostLimits LimitsOf(const std::vector<FleetAgent>& agents);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_CLI_FLEET_LIMITS_H_
