// --agents: where the agents of a hosts topology are.
//
//   sender=HOST:PORT[/DATA_ADDR[/DATA_ADDR]],receiver=HOST:PORT[/DATA_ADDR[/DATA_ADDR]]
//
// HOST:PORT is the agent's control address, as its --listen; an IPv6 HOST stands in brackets. The
// DATA_ADDRs are numeric addresses of the interface that is to carry the traffic, at most one of
// each IP version. Without any, the addresses that HOST has are taken.
#ifndef COPYCOST_COORDINATOR_FLEET_AGENT_ADDRESSES_H_
#define COPYCOST_COORDINATOR_FLEET_AGENT_ADDRESSES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace copycost {

struct AgentAddresses {
  std::string name;     // "sender", "receiver"
  std::string control;  // "HOST:PORT"
  std::string host;     // of control, without brackets
  std::string data_v4;  // numeric; empty: none
  std::string data_v6;
};

// Sender first. InvalidArgument names the part that is wrong; Unavailable when a name cannot be
// resolved now.
absl::StatusOr<std::vector<AgentAddresses>> ParseAgents(absl::string_view text);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_FLEET_AGENT_ADDRESSES_H_
