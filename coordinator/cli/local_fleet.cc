#include "coordinator/cli/local_fleet.h"

#include <CLI/CLI.hpp>
#include <utility>

#include "common/status.h"
#include "coordinator/fleet/namespace_topology.h"

namespace copycost {

FleetFlags::FleetFlags(CLI::App& app) {
  app.add_option("--agent-binary", agent_binary_,
                 "the copycost-agent to run in each namespace [beside copycost, else in PATH]");
}

absl::StatusOr<LocalFleet> FleetFlags::BringUp() const {
  ASSIGN_OR_RETURN(const std::string binary, FindAgentBinary(agent_binary_));
  LocalFleet fleet;
  ASSIGN_OR_RETURN(fleet.topology, NamespaceTopology::Create(binary));
  ASSIGN_OR_RETURN(Fleet members, fleet.topology->Up());
  ASSIGN_OR_RETURN(fleet.agents, TakeInventory(std::move(members), OwnBootId()));
  return fleet;
}

}  // namespace copycost
