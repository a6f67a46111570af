#include "coordinator/fleet/inventory.h"

#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/protocol.h"
#include "common/status.h"

namespace copycost {
namespace {

constexpr int kProbes = 20;

absl::Status CheckProtocol(const v1::Description& description) {
  if (description.protocol_min() <= kProtocol && kProtocol <= description.protocol_max()) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat("copycost-agent ", description.version(), " speaks protocol ",
                   description.protocol_min(), " to ", description.protocol_max(),
                   ", this copycost speaks ", kProtocol, "; install the same version on both"));
}

}  // namespace

absl::Status CheckDescription(const v1::Description& description) {
  RETURN_IF_ERROR(CheckProtocol(description));
  if (description.cpus().empty()) return absl::FailedPreconditionError("it has no CPU to use");
  if (description.boot_id().empty()) return absl::FailedPreconditionError("it tells no boot id");
  return absl::OkStatus();
}

namespace {

absl::StatusOr<FleetAgent> Meet(Member member, const std::string& own_boot_id) {
  FleetAgent agent;
  ASSIGN_OR_RETURN(agent.description, member.client->Describe());
  RETURN_IF_ERROR(CheckDescription(agent.description));
  agent.shares_our_clock = agent.description.boot_id() == own_boot_id;
  if (!agent.shares_our_clock) {
    ASSIGN_OR_RETURN(agent.clock, member.client->ProbeClock(kProbes));
  }
  agent.member = std::move(member);
  return agent;
}

}  // namespace

absl::StatusOr<std::vector<FleetAgent>> TakeInventory(Fleet fleet, const std::string& own_boot_id) {
  std::vector<FleetAgent> agents;
  for (Member& member : fleet) {
    const std::string name = member.name;
    absl::StatusOr<FleetAgent> agent = Meet(std::move(member), own_boot_id);
    if (!agent.ok()) return Annotate(agent.status(), absl::StrCat("agent ", name));
    agents.push_back(*std::move(agent));
  }
  return agents;
}

absl::Status RefreshClocks(std::vector<FleetAgent>& agents) {
  for (FleetAgent& agent : agents) {
    if (agent.shares_our_clock) continue;
    const absl::StatusOr<ClockOffset> clock = agent.member.client->ProbeClock(kProbes);
    if (!clock.ok()) {
      return LostAgentError(absl::StrCat("agent ", agent.member.name,
                                         " did not tell its clock: ", clock.status().message()));
    }
    agent.clock = *clock;
  }
  return absl::OkStatus();
}

absl::Status HoldAll(std::vector<FleetAgent>& agents, const v1::HoldRequest& request) {
  for (FleetAgent& agent : agents) {
    absl::StatusOr<std::unique_ptr<HoldLease>> lease = agent.member.client->Hold(request);
    if (!lease.ok()) {
      return Annotate(lease.status(), absl::StrCat("agent ", agent.member.name));
    }
    agent.lease = *std::move(lease);
  }
  return absl::OkStatus();
}

std::string OwnBootId() {
  std::string id;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> id;
  return id;
}

}  // namespace copycost
