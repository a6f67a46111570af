// Who carries out a run: this process, and the agents it has.
#ifndef COPYCOST_COORDINATOR_CLI_SESSION_H_
#define COPYCOST_COORDINATOR_CLI_SESSION_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "coordinator/fleet/inventory.h"
#include "copycost/v1/result.pb.h"

namespace copycost {

// "user 0 on host-a, process 4711 (copycost run quick)": told to others who want the agents or the
// host.
std::string Holder();

// By agents that are held: looks at their hosts for half a second in which nothing is going on.
// Errors name the agent that does not tell.
absl::StatusOr<v1::Session> BeginSession(const std::vector<FleetAgent>& agents,
                                         const v1::Plan& plan);

// What the reader of the results should know beforehand: a host that is busy with something else,
// a ledger that cannot be kept, events that were asked for by name and cannot be counted.
std::vector<std::string> Warnings(const v1::Session& session);

// The state of each host after the last trial, where its agent still answers.
void InspectAfter(const std::vector<FleetAgent>& agents, v1::Session& session);

// What --agents would say to reach the agents of `session` again.
std::string AgentsText(const v1::Session& session);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_CLI_SESSION_H_
