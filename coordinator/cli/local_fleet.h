// The agents of a command: how the command line names them, and bringing them up.
#ifndef COPYCOST_COORDINATOR_CLI_LOCAL_FLEET_H_
#define COPYCOST_COORDINATOR_CLI_LOCAL_FLEET_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "coordinator/fleet/inventory.h"
#include "coordinator/fleet/topology.h"

namespace CLI {
class App;
}

namespace copycost {

struct LocalFleet {
  std::unique_ptr<Topology> topology;  // destroyed last: the agents live as long
  std::vector<FleetAgent> agents;      // sender first
};

class FleetFlags {
 public:
  // Adds --agent-binary to `app`, which then points into this object.
  explicit FleetFlags(CLI::App& app);
  FleetFlags(const FleetFlags&) = delete;
  FleetFlags& operator=(const FleetFlags&) = delete;

  // Two agents in namespaces of this host, described. To be called while the process has one
  // thread; afterwards it has more.
  absl::StatusOr<LocalFleet> BringUp() const;

 private:
  std::string agent_binary_;
};

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_CLI_LOCAL_FLEET_H_
