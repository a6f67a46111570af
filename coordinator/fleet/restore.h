// Getting the agents of a run back after one was lost: stopped, killed and started anew, or cut
// off.
#ifndef COPYCOST_COORDINATOR_FLEET_RESTORE_H_
#define COPYCOST_COORDINATOR_FLEET_RESTORE_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "coordinator/fleet/inventory.h"

namespace copycost {

struct Restoration {
  // What the agents are held with; its token takes over a hold that an agent has not yet seen end.
  v1::HoldRequest hold;
  absl::Time deadline;
  // What of an agent is not as it was, in words; empty: nothing.
  std::function<std::vector<std::string>(const v1::Description& before, const v1::Description& now)>
      changes;
  // Asked about once a second, from the calling thread: whether to give up.
  std::function<bool()> interrupted;
};

// Waits until every agent answers again, and holds each anew, lost or not. Errors name the agent:
// Unavailable for one that has not come back in time, FailedPrecondition for one that never will or
// that has come back on another host, kernel or build, ResourceExhausted for one that somebody else
// holds by now. Cancelled when interrupted.
absl::Status RestoreAgents(std::vector<FleetAgent>& agents, const Restoration& restoration,
                           const Clock& clock);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_FLEET_RESTORE_H_
