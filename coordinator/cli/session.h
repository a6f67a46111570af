// Who carries out a run: this process, and the agents it has.
#ifndef COPYCOST_COORDINATOR_CLI_SESSION_H_
#define COPYCOST_COORDINATOR_CLI_SESSION_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "coordinator/fleet/inventory.h"
#include "copycost/v1/result.pb.h"

namespace copycost {

// "user 0 on host-a, process 4711 (copycost run quick)": told to others who want the agents or the
// host.
std::string Holder();

v1::Session MakeSession(absl::Time wall_now, const std::vector<FleetAgent>& agents);

// What --agents would say to reach the agents of `session` again.
std::string AgentsText(const v1::Session& session);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_CLI_SESSION_H_
