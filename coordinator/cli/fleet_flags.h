// The agents of a command: how the command line names them, and bringing them up.
#ifndef COPYCOST_COORDINATOR_CLI_FLEET_FLAGS_H_
#define COPYCOST_COORDINATOR_CLI_FLEET_FLAGS_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/tls_files.h"
#include "coordinator/fleet/inventory.h"
#include "coordinator/fleet/topology.h"
#include "copycost/v1/experiment.pb.h"

namespace CLI {
class App;
}

namespace copycost {

struct RunningFleet {
  std::unique_ptr<Topology> topology;  // destroyed last: the agents live as long
  std::vector<FleetAgent> agents;      // sender first
};

class FleetFlags {
 public:
  // Adds --agents and what goes with it, and --agent-binary, to `app`, which then points into this
  // object.
  explicit FleetFlags(CLI::App& app);
  FleetFlags(const FleetFlags&) = delete;
  FleetFlags& operator=(const FleetFlags&) = delete;

  // What the flags say without an experiment beside them: hosts if they name agents.
  v1::TopologyKind kind() const;

  // For hosts that are known without a flag: what --agents would say, unless it says otherwise.
  void SetKnownAgents(std::string agents) {
    if (agents_.empty()) agents_ = std::move(agents);
  }

  // Whether they name certificates.
  bool tls() const { return tls_.any(); }

  // Where the agents are to come from, not yet brought up. To be called while the process has one
  // thread. InvalidArgument when the flags do not fit the topology.
  absl::StatusOr<std::unique_ptr<Topology>> MakeTopology(v1::TopologyKind kind) const;

  // The agents, described. To be called while the process has one thread; afterwards it has more.
  // InvalidArgument when the flags do not fit the topology.
  absl::StatusOr<RunningFleet> BringUp(v1::TopologyKind kind) const;

 private:
  std::string agents_;
  std::string agent_binary_;
  TlsFiles tls_;
  bool insecure_ = false;
};

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_CLI_FLEET_FLAGS_H_
