// Two agents on this host, each in a network namespace of its own, joined by a veth pair.
//
// A helper process, the init of a PID namespace of its own, makes the namespaces and keeps the
// agents. It dies with the coordinator, however that ends: a pipe whose write end only the
// coordinator holds, and PDEATHSIG besides. With it dies everything in its PID namespace, stopped
// agents included, and network namespaces without a name vanish with their last process. Where
// CAP_NET_ADMIN and CAP_SYS_ADMIN are missing, a user namespace comes first.
#ifndef COPYCOST_COORDINATOR_FLEET_NAMESPACE_TOPOLOGY_H_
#define COPYCOST_COORDINATOR_FLEET_NAMESPACE_TOPOLOGY_H_

#include <sys/types.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/fd.h"
#include "coordinator/fleet/topology.h"

namespace copycost {

class NamespaceTopology final : public Topology {
 public:
  // Forks the helper, so it must be called before the process has a second thread: before anything
  // of gRPC. NotFound when there is no agent binary at `agent_binary`; FailedPrecondition names
  // what forbids a namespace and what would permit it.
  static absl::StatusOr<std::unique_ptr<NamespaceTopology>> Create(const std::string& agent_binary);

  // Ends the helper, and with it agents and namespaces.
  ~NamespaceTopology() override;

  absl::StatusOr<Fleet> Up() override;

 private:
  NamespaceTopology() = default;

  pid_t helper_ = -1;
  UniqueFd lifeline_;
  UniqueFd report_;
  UniqueFd sender_control_;
  UniqueFd receiver_control_;
};

// The agent to spawn: `flag` if given, else copycost-agent beside this executable, or in
// PATH. NotFound says where it was looked for.
absl::StatusOr<std::string> FindAgentBinary(const std::string& flag);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_FLEET_NAMESPACE_TOPOLOGY_H_
