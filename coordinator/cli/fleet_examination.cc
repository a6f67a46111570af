#include "coordinator/cli/fleet_examination.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/check.h"
#include "coordinator/cli/agent_examination.h"
#include "coordinator/cli/path_examination.h"
#include "coordinator/drive/flow_layout.h"
#include "coordinator/experiment/axes.h"

namespace copycost {
namespace {

constexpr char kThisHost[] = "this host";
constexpr char kDataPath[] = "data path";
constexpr char kRunId[] = "doctor";
// The congestion control that every kernel has, and permits to everyone.
constexpr char kAlwaysThere[] = "reno";

// What came of taking something that a run takes before its first trial.
struct Taken {
  v1::Check check;
  bool taken = false;
  bool by_others = false;  // who will let go of it
};

Taken TakenOr(const char* name, const absl::Status& status, const char* found,
              const char* otherwise) {
  if (status.ok()) return {.check = OkCheck(name, found), .taken = true};
  const bool by_others = absl::IsResourceExhausted(status);
  const v1::CheckState state = by_others ? v1::CHECK_STATE_LIMITED : v1::CHECK_STATE_MISSING;
  return {.check = FailedCheck(name, state, status, otherwise), .by_others = by_others};
}

Taken TakeHost(const FleetExamination& how, std::optional<HostLock>& lock) {
  constexpr char kName[] = "host lock";
  if (how.lock_host == nullptr) {
    return {.check = OkCheck(kName, "not looked at (--share-host)"), .taken = true};
  }
  absl::StatusOr<HostLock> taken = how.lock_host();
  const absl::Status status = taken.status();
  if (taken.ok()) lock = *std::move(taken);
  return TakenOr(kName, status, "no other run measures here",
                 "add --share-host if disturbed numbers will do");
}

Taken TakeAgents(const FleetExamination& how, std::vector<FleetAgent>& agents) {
  v1::HoldRequest request;
  request.set_holder(how.holder);
  request.set_run_id(kRunId);
  request.set_token(RandomNonce());
  return TakenOr("hold", HoldAll(agents, request), "the agents are free",
                 "wait until that run is over");
}

bool UseThisHost(const std::vector<FleetAgent>& agents) {
  return std::any_of(agents.begin(), agents.end(),
                     [](const FleetAgent& agent) { return agent.shares_our_clock; });
}

v1::Check HostsCheck(const FleetExamination& how, const std::vector<FleetAgent>& agents) {
  constexpr char kName[] = "hosts";
  const bool same = agents[0].description.boot_id() == agents[1].description.boot_id();
  if (!same) return OkCheck(kName, "sender and receiver are on two hosts");
  constexpr char kOne[] =
      "sender and receiver are on one host, so the kernel copies what zero-copy sends";
  if (how.in_namespaces) return OkCheck(kName, kOne);
  return LimitedCheck(kName, kOne, "name agents of two hosts, where a NIC is to be measured");
}

void Conclude(bool can_run, std::string verdict, DoctorReport& report) {
  report.can_run = can_run;
  report.verdict = std::move(verdict);
}

void ConcludeUntried(const Taken& lost, DoctorReport& report) {
  const char* words = lost.by_others ? "A run can be made once others are done, if data gets "
                                       "through, which was not tried: "
                                     : "No run can be made: ";
  Conclude(lost.by_others, absl::StrCat(words, lost.check.found()), report);
}

const std::string& DefaultCongestion() { return FindAxis("congestion")->default_values; }

// The default, unless an agent lacks it: to ask for it might have its kernel load it.
std::string CongestionOf(const DoctorReport& report) {
  const std::string name = absl::StrCat("congestion control ", DefaultCongestion());
  for (const Examined& part : report.parts) {
    for (const v1::Check& check : part.checks) {
      if (check.name() == name && check.state() == v1::CHECK_STATE_MISSING) return kAlwaysThere;
    }
  }
  return DefaultCongestion();
}

void ConcludeTried(bool any_path, const std::string& congestion, DoctorReport& report) {
  if (!any_path) {
    Conclude(false, "No run can be made: no data came from the sender to the receiver.", report);
  } else if (congestion == DefaultCongestion()) {
    Conclude(true, "A run can be made.", report);
  } else {
    Conclude(true, absl::StrCat("A run can be made with --congestion ", congestion, "."), report);
  }
}

// With agents that can be used.
void ExamineTogether(Clock& clock, std::vector<FleetAgent>& agents, const FleetExamination& how,
                     DoctorReport& report) {
  std::optional<HostLock> lock;
  Taken host{.check = {}, .taken = true};
  if (UseThisHost(agents)) {
    host = TakeHost(how, lock);
    report.parts.insert(report.parts.begin(), {.subject = kThisHost, .checks = {host.check}});
  }
  const Taken hold = TakeAgents(how, agents);
  std::vector<v1::Check> checks = {HostsCheck(how, agents), hold.check};
  if (host.taken && hold.taken) {
    const std::string congestion = CongestionOf(report);
    ExaminedPaths paths =
        ExaminePaths(clock, agents, {.in_namespaces = how.in_namespaces, .congestion = congestion});
    std::move(paths.checks.begin(), paths.checks.end(), std::back_inserter(checks));
    ConcludeTried(paths.any, congestion, report);
  } else {
    ConcludeUntried(host.taken ? hold : host, report);
  }
  report.parts.push_back({.subject = kDataPath, .checks = std::move(checks)});
}

}  // namespace

DoctorReport ExamineFleet(Clock& clock, Fleet fleet, const FleetExamination& how) {
  DoctorReport report;
  std::vector<FleetAgent> agents;
  std::string lost;
  for (Member& member : fleet) {
    const std::string name = member.name;
    ExaminedAgent examined = ExamineAgent(std::move(member), how.own_boot_id, how.tls);
    if (examined.agent.has_value()) {
      agents.push_back(*std::move(examined.agent));
    } else if (lost.empty()) {
      lost = examined.checks.front().found();
    }
    report.parts.push_back({.subject = name, .checks = std::move(examined.checks)});
  }
  if (lost.empty()) {
    ExamineTogether(clock, agents, how, report);
  } else {
    Conclude(false, absl::StrCat("No run can be made: ", lost), report);
  }
  return report;
}

DoctorReport WithoutFleet(bool in_namespaces, const absl::Status& why) {
  v1::Check check =
      in_namespaces
          ? FailedCheck("namespaces", v1::CHECK_STATE_MISSING, why,
                        "have copycost-agent beside copycost, or name it with --agent-binary")
          : FailedCheck("agents", v1::CHECK_STATE_MISSING, why,
                        "name hosts in --agents that this host can find");
  DoctorReport report;
  Conclude(false,
           absl::StrCat("No run can be made, and without agents nothing else can be told: ",
                        check.found()),
           report);
  report.parts.push_back({.subject = kThisHost, .checks = {std::move(check)}});
  return report;
}

}  // namespace copycost
