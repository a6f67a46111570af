#include "coordinator/cli/claim.h"

#include <algorithm>

#include "common/status.h"
#include "coordinator/cli/session.h"
#include "coordinator/cli/signals.h"

namespace copycost {
namespace {

bool IsOnThisHost(const FleetAgent& agent) { return agent.shares_our_clock; }

}  // namespace

absl::StatusOr<Claim> ClaimHosts(const FleetFlags& flags, v1::TopologyKind topology,
                                 bool share_host) {
  BlockSignals();  // one that comes while the rest is prepared is taken once trials could run
  Claim claim;
  const bool lock = !share_host;
  if (lock && topology == v1::TOPOLOGY_KIND_NAMESPACES) {
    ASSIGN_OR_RETURN(claim.lock, HostLock::Take(Holder()));
  }
  ASSIGN_OR_RETURN(claim.fleet, flags.BringUp(topology));
  // Agents of other hosts are their own locks; on this host a run in namespaces may be measuring.
  const std::vector<FleetAgent>& agents = claim.fleet.agents;
  if (lock && !claim.lock && std::any_of(agents.begin(), agents.end(), IsOnThisHost)) {
    ASSIGN_OR_RETURN(claim.lock, HostLock::Take(Holder()));
  }
  return claim;
}

v1::HoldRequest HoldRequestOf(const v1::RunRecord& run) {
  v1::HoldRequest request;
  request.set_holder(Holder());
  request.set_run_id(run.run_id());
  request.set_token(run.hold_token());
  return request;
}

}  // namespace copycost
