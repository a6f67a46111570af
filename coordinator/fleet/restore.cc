#include "coordinator/fleet/restore.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status.h"

namespace copycost {
namespace {

// How long an interrupt may have to wait.
constexpr absl::Duration kPatience = absl::Seconds(1);

absl::Status CheckSame(const std::vector<std::string>& changes) {
  if (changes.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("has come back as another (", absl::StrJoin(changes, "; "),
                   "); copycost resume --accept-changes would go on with it"));
}

// DeadlineExceeded: not yet.
absl::Status TryRestore(FleetAgent& agent, const Restoration& restoration, absl::Duration limit) {
  ASSIGN_OR_RETURN(v1::Description description, agent.member.client->AwaitReturn(limit));
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
    const absl::Duration left = restoration.deadline - clock.Now();
    const absl::Status status = TryRestore(agent, restoration, std::min(left, kPatience));
    if (!absl::IsDeadlineExceeded(status)) return status;
    if (clock.Now() >= restoration.deadline) {
      return absl::UnavailableError(absl::StrCat("has not come back: ", status.message()));
    }
  }
}

}  // namespace

absl::Status RestoreAgents(std::vector<FleetAgent>& agents, const Restoration& restoration,
                           const Clock& clock) {
  for (FleetAgent& agent : agents) {
    const absl::Status status = Restore(agent, restoration, clock);
    if (absl::IsCancelled(status)) return status;
    RETURN_IF_ERROR(Annotate(status, absl::StrCat("agent ", agent.member.name)));
  }
  return absl::OkStatus();
}

}  // namespace copycost
