#include "coordinator/cli/agent_examination.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/build_info.h"
#include "common/check.h"
#include "common/network.h"

namespace copycost {
namespace {

constexpr char kControl[] = "control channel";
constexpr char kSameVersion[] = "install the same version on every host";

// Windows of both sides must overlap by 99 % of, as a rule, 600 ms.
constexpr absl::Duration kClockError = absl::Milliseconds(1);

bool IsInNamespace(const Member& member) { return member.address == "namespace"; }

v1::Check ControlCheck(const Member& member, bool tls) {
  if (IsInNamespace(member)) return OkCheck(kControl, "over a socket pair");
  if (tls) return OkCheck(kControl, absl::StrCat("mutual TLS with ", member.address));
  const std::string found = absl::StrCat("plain text with ", member.address);
  if (IsLoopbackHost(member.address.substr(0, member.address.rfind(':')))) {
    return OkCheck(kControl, absl::StrCat(found, ", over loopback"));
  }
  return LimitedCheck(
      kControl,
      absl::StrCat(found, ": anyone on the way can read and change it, and use the agent"),
      "show certificates (deploy/tls/make-certs.sh; --tls-ca, --tls-cert, --tls-key on both "
      "sides)");
}

std::string HowToReach(const Member& member, bool tls) {
  if (IsInNamespace(member)) return "see that it runs by itself: copycost-agent --version";
  return absl::StrCat(
      "see that copycost-agent listens there, that firewalls let its port through, "
      "and that it ",
      tls ? "shows a certificate of the same authority"
          : "serves without certificates, or name yours (--tls-ca, --tls-cert, "
            "--tls-key)");
}

v1::Check VersionCheck(const v1::Description& description) {
  const std::string found = absl::StrCat("copycost-agent ", description.version());
  if (description.version() == Version()) return OkCheck("version", found);
  return LimitedCheck("version", absl::StrCat(found, ", and copycost ", Version()), kSameVersion);
}

v1::Check ClockCheck(const FleetAgent& agent) {
  constexpr char kName[] = "clock";
  if (agent.shares_our_clock) return OkCheck(kName, "that of this host");
  const std::string found = absl::StrCat("known within ", absl::FormatDuration(agent.clock.error));
  if (agent.clock.error <= kClockError) return OkCheck(kName, found);
  return LimitedCheck(kName, absl::StrCat(found, ": windows of both sides may differ by as much"),
                      "run copycost on a host nearer to the agents, such as one of theirs");
}

std::vector<v1::Check> OwnChecks(const FleetAgent& agent) {
  v1::DiagnoseRequest request;
  for (const std::string& address : {agent.member.data_address_v4, agent.member.data_address_v6}) {
    if (!address.empty()) request.add_data_addresses(address);
  }
  const absl::StatusOr<v1::Diagnosis> diagnosis = agent.member.client->Diagnose(request);
  if (diagnosis.ok()) return {diagnosis->checks().begin(), diagnosis->checks().end()};
  if (absl::IsUnimplemented(diagnosis.status())) {
    return {LimitedCheck("diagnosis", "this agent is older, and cannot be asked", kSameVersion)};
  }
  return {FailedCheck("diagnosis", v1::CHECK_STATE_LIMITED, diagnosis.status(), "")};
}

}  // namespace

ExaminedAgent ExamineAgent(Member member, const std::string& own_boot_id, bool tls) {
  const v1::Check control = ControlCheck(member, tls);
  const std::string how_to_reach = HowToReach(member, tls);
  Fleet alone;
  alone.push_back(std::move(member));
  absl::StatusOr<std::vector<FleetAgent>> met = TakeInventory(std::move(alone), own_boot_id);
  if (!met.ok()) {
    return {.agent = std::nullopt,
            .checks = {MissingCheck(kControl, met.status().message(), how_to_reach)}};
  }
  FleetAgent& agent = met->front();
  ExaminedAgent examined{.agent = std::nullopt,
                         .checks = {control, VersionCheck(agent.description), ClockCheck(agent)}};
  for (v1::Check& check : OwnChecks(agent)) examined.checks.push_back(std::move(check));
  examined.agent = std::move(agent);
  return examined;
}

}  // namespace copycost
