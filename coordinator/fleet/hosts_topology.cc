#include "coordinator/fleet/hosts_topology.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/network.h"
#include "common/status.h"
#include "coordinator/fleet/grpc_agent_client.h"

namespace copycost {

absl::StatusOr<std::unique_ptr<HostsTopology>> HostsTopology::Create(Options options) {
  if (options.insecure && options.tls.any()) {
    return absl::InvalidArgumentError("--insecure: excluded by --tls-ca, --tls-cert and --tls-key");
  }
  for (const AgentAddresses& agent : options.agents) {
    if (options.insecure || options.tls.any() || IsLoopbackHost(agent.host)) continue;
    return absl::FailedPreconditionError(absl::StrCat(
        "--agents: ", agent.control,
        " is beyond loopback, and anyone on the way could read and change what is said; show "
        "certificates (--tls-ca, --tls-cert, --tls-key), or add --insecure if the network is yours "
        "alone"));
  }
  return std::unique_ptr<HostsTopology>(new HostsTopology(std::move(options)));
}

absl::StatusOr<Fleet> HostsTopology::Up() {
  Fleet fleet;
  for (const AgentAddresses& agent : options_.agents) {
    ASSIGN_OR_RETURN(std::unique_ptr<AgentClient> client,
                     ConnectGrpcAgent(agent.control, options_.tls));
    fleet.push_back({.name = agent.name,
                     .address = agent.control,
                     .client = std::move(client),
                     .data_address_v4 = agent.data_v4,
                     .data_address_v6 = agent.data_v6});
  }
  return fleet;
}

}  // namespace copycost
