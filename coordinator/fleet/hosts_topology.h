// Agents that run already: on other hosts, or on this one, started by whoever owns them. Whether
// the traffic between them is local is told by their boot ids, not by this.
#ifndef COPYCOST_COORDINATOR_FLEET_HOSTS_TOPOLOGY_H_
#define COPYCOST_COORDINATOR_FLEET_HOSTS_TOPOLOGY_H_

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/tls_files.h"
#include "coordinator/fleet/agent_addresses.h"
#include "coordinator/fleet/topology.h"

namespace copycost {

class HostsTopology final : public Topology {
 public:
  struct Options {
    std::vector<AgentAddresses> agents;  // sender first
    TlsFiles tls;
    bool insecure = false;  // permits plain text beyond loopback
  };

  // InvalidArgument for TLS files that will not do, or beside `insecure`; FailedPrecondition for
  // agents beyond loopback with neither.
  static absl::StatusOr<std::unique_ptr<HostsTopology>> Create(Options options);

  absl::StatusOr<Fleet> Up() override;

 private:
  explicit HostsTopology(Options options) : options_(std::move(options)) {}

  const Options options_;
};

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_FLEET_HOSTS_TOPOLOGY_H_
