// Where the agents are. A seam: NamespaceTopology makes two of them on this host;
// tests/testing/fake_topology.h hands out fakes.
#ifndef COPYCOST_COORDINATOR_FLEET_TOPOLOGY_H_
#define COPYCOST_COORDINATOR_FLEET_TOPOLOGY_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "coordinator/fleet/agent_client.h"
#include "copycost/v1/experiment.pb.h"

namespace copycost {

// One agent of the fleet, and the addresses of its data interface (numeric; empty: none).
struct Member {
  std::string name;     // "sender", "receiver"
  std::string address;  // of its control channel, for records
  std::unique_ptr<AgentClient> client;
  std::string data_address_v4;
  std::string data_address_v6;
};

// Empty where the member has none of that version, and for an unspecified one: a local transport
// has no addresses.
inline std::string DataAddressOf(const Member& member, v1::IpVersion version) {
  if (version == v1::IP_VERSION_UNSPECIFIED) return "";
  return version == v1::IP_VERSION_6 ? member.data_address_v6 : member.data_address_v4;
}

// Sender first, receiver second.
using Fleet = std::vector<Member>;

class Topology {
 public:
  virtual ~Topology() = default;

  // Brings the agents up, or finds them. Once. The fleet is good as long as the topology lives.
  virtual absl::StatusOr<Fleet> Up() = 0;
};

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_FLEET_TOPOLOGY_H_
