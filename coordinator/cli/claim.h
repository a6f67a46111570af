// The hosts of a run, for it alone.
#ifndef COPYCOST_COORDINATOR_CLI_CLAIM_H_
#define COPYCOST_COORDINATOR_CLI_CLAIM_H_

#include <optional>

#include "absl/status/statusor.h"
#include "coordinator/cli/fleet_flags.h"
#include "coordinator/cli/host_lock.h"
#include "coordinator/record/run.h"
#include "copycost/v1/agent.pb.h"

namespace copycost {

struct Claim {
  std::optional<HostLock> lock;  // of this host, if an agent is on it; released last
  RunningFleet fleet;            // described; held by whoever calls HoldAll
};

// To be called while the process has one thread; from here on SIGINT, SIGTERM and SIGHUP are
// blocked (signals.h). `share_host`: without the lock.
absl::StatusOr<Claim> ClaimHosts(const FleetFlags& flags, v1::TopologyKind topology,
                                 bool share_host);

// What the agents of a run are held with, whichever session it is.
v1::HoldRequest HoldRequestOf(const v1::RunRecord& run);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_CLI_CLAIM_H_
