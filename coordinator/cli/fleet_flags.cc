#include "coordinator/cli/fleet_flags.h"

#include <CLI/CLI.hpp>
#include <utility>

#include "common/status.h"
#include "coordinator/fleet/agent_addresses.h"
#include "coordinator/fleet/hosts_topology.h"
#include "coordinator/fleet/namespace_topology.h"

namespace copycost {

FleetFlags::FleetFlags(CLI::App& app) {
  const char* group = "Agents";
  app.add_option(
         "--agents", agents_,
         "sender=HOST:PORT[/DATA_ADDR],receiver=HOST:PORT[/DATA_ADDR], for --topology hosts")
      ->type_name("AGENTS")
      ->group(group);
  app.add_option("--tls-ca", tls_.ca, "the authority that agents must be of")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--tls-cert", tls_.certificate, "the certificate to show to agents")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--tls-key", tls_.key, "its private key")->type_name("FILE")->group(group);
  app.add_flag("--insecure", insecure_, "speak to agents beyond loopback in plain text")
      ->group(group);
  app.add_option("--agent-binary", agent_binary_,
                 "the copycost-agent to run in each namespace [beside copycost, else in PATH]")
      ->type_name("FILE")
      ->group(group);
}

v1::TopologyKind FleetFlags::kind() const {
  return agents_.empty() ? v1::TOPOLOGY_KIND_NAMESPACES : v1::TOPOLOGY_KIND_HOSTS;
}

absl::StatusOr<std::unique_ptr<Topology>> FleetFlags::MakeTopology(v1::TopologyKind kind) const {
  if (kind == v1::TOPOLOGY_KIND_HOSTS) {
    if (agents_.empty()) {
      return absl::InvalidArgumentError(
          "--agents: missing; --topology hosts needs it to know where its agents are");
    }
    absl::StatusOr<std::vector<AgentAddresses>> agents = ParseAgents(agents_);
    if (!agents.ok()) return Annotate(agents.status(), "--agents");
    return HostsTopology::Create(
        {.agents = *std::move(agents), .tls = tls_, .insecure = insecure_});
  }
  if (!agents_.empty() || tls_.any() || insecure_) {
    return absl::InvalidArgumentError(
        "--agents, --tls-ca, --tls-cert, --tls-key and --insecure go with --topology hosts; in "
        "namespaces copycost starts agents of its own");
  }
  ASSIGN_OR_RETURN(const std::string binary, FindAgentBinary(agent_binary_));
  return NamespaceTopology::Create(binary);
}

absl::StatusOr<RunningFleet> FleetFlags::BringUp(v1::TopologyKind kind) const {
  RunningFleet fleet;
  ASSIGN_OR_RETURN(fleet.topology, MakeTopology(kind));
  ASSIGN_OR_RETURN(Fleet members, fleet.topology->Up());
  ASSIGN_OR_RETURN(fleet.agents, TakeInventory(std::move(members), OwnBootId()));
  return fleet;
}

}  // namespace copycost
