// The fleet once it is ours: described, its clocks probed, held for this run.
#ifndef COPYCOST_COORDINATOR_FLEET_INVENTORY_H_
#define COPYCOST_COORDINATOR_FLEET_INVENTORY_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "coordinator/fleet/agent_client.h"
#include "coordinator/fleet/topology.h"

namespace copycost {

struct FleetAgent {
  Member member;
  v1::Description description;
  bool shares_our_clock = false;  // runs on this host
  ClockOffset clock;
  std::unique_ptr<HoldLease> lease;  // null until Hold
};

// FailedPrecondition for what the driver could not rely on, or a protocol that this build does not
// speak.
absl::Status CheckDescription(const v1::Description& description);

// Asks every member who it is. FailedPrecondition for an agent whose protocol this build does not
// speak; errors name the agent. Clocks of agents on `own_boot_id` are ours; others are probed.
absl::StatusOr<std::vector<FleetAgent>> TakeInventory(Fleet fleet, const std::string& own_boot_id);

// Probes the clocks of agents on other hosts anew: clocks drift, by some 10 us a second.
// A LostAgentError names the agent that does not answer.
absl::Status RefreshClocks(std::vector<FleetAgent>& agents);

// Holds every agent until it is destroyed. ResourceExhausted names the agent and who holds it.
absl::Status HoldAll(std::vector<FleetAgent>& agents, const v1::HoldRequest& request);

// /proc/sys/kernel/random/boot_id of this host.
std::string OwnBootId();

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_FLEET_INVENTORY_H_
