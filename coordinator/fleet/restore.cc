#include "coordinator/fleet/restore.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status.h"

namespace copycost {
namespace {

// How long an agent is waited for between two looks at the clock and at interrupts.
constexpr absl::Duration kPatience = absl::Seconds(1);

absl::Status CheckSame(const std::vector<std::string>& changes) {
  if (changes.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("has come back as another (", absl::StrJoin(changes, "; "),
                   "); copycost resume --accept-changes would go on with it"));
}

// DeadlineExceeded: not yet.
absl::Status TryRestore(FleetAgent& agent, const Restoration& restoration) {
  ASSIGN_OR_RETURN(v1::Description description, agent.member.client->AwaitReturn(kPatience));
  RETURN_IF_ERROR(CheckDescription(description));
  RETURN_IF_ERROR(CheckSame(restoration.changes(agent.description, description)));
  absl::StatusOr<std::unique_ptr<HoldLease>> lease = agent.member.client->Hold(restoration.hold);
  if (absl::IsUnavailable(lease.status())) {
    return absl::DeadlineExceededError(lease.status().message());
  }
  RETURN_IF_ERROR(lease.status());
  agent.description = std::move(description);  // its boot id may be new
  agent.lease = *std::move(lease);             // only now lets the old one go: no gap for others
  return absl::OkStatus();
}

absl::Status Restore(FleetAgent& agent, const Restoration& restoration, const Clock& clock) {
  while (true) {
    if (restoration.interrupted()) return absl::CancelledError("interrupted");
    absl::Status status = TryRestore(agent, restoration);
    // Cancelled: it is shutting down, perhaps to be started anew.
    if (!absl::IsDeadlineExceeded(status) && !absl::IsCancelled(status)) return status;
    if (clock.Now() >= restoration.deadline) {
      return absl::UnavailableError(absl::StrCat("has not come back: ", status.message()));
    }
  }
}

// Which agents share a host with the first one: it decides what their traffic is.
std::vector<bool> SharingOf(const std::vector<FleetAgent>& agents) {
  std::vector<bool> sharing;
  sharing.reserve(agents.size());
  for (const FleetAgent& agent : agents) {
    sharing.push_back(agent.description.boot_id() == agents[0].description.boot_id());
  }
  return sharing;
}

}  // namespace

absl::Status RestoreAgents(std::vector<FleetAgent>& agents, const Restoration& restoration,
                           const Clock& clock) {
  const std::vector<bool> sharing = SharingOf(agents);
  for (FleetAgent& agent : agents) {
    absl::Status status = Restore(agent, restoration, clock);
    if (absl::IsCancelled(status)) return status;
    RETURN_IF_ERROR(Annotate(status, absl::StrCat("agent ", agent.member.name)));
  }
  if (SharingOf(agents) == sharing) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "an agent has come back on another host: which of them share one is not as it was; "
      "copycost resume --accept-changes would go on with them");
}

}  // namespace copycost
