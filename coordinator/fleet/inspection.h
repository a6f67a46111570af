// How the hosts of a run are set, before it and after it.
#ifndef COPYCOST_COORDINATOR_FLEET_INSPECTION_H_
#define COPYCOST_COORDINATOR_FLEET_INSPECTION_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "coordinator/fleet/inventory.h"
#include "copycost/v1/host.pb.h"

namespace copycost {

// Of each agent, in order; asks for all of it, waits for half a second, in which nobody should be
// doing anything, and then asks for the CPU time of that. Errors name the agent.
absl::StatusOr<std::vector<v1::HostState>> InspectIdle(Clock& clock,
                                                       const std::vector<FleetAgent>& agents,
                                                       const std::vector<std::string>& events);

// Of one agent, now.
absl::StatusOr<v1::HostState> Inspect(const FleetAgent& agent,
                                      const std::vector<std::string>& events);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_FLEET_INSPECTION_H_
