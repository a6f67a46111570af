#include "coordinator/cli/path_examination.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/check.h"
#include "common/mode_traits.h"
#include "common/units.h"
#include "common/words.h"
#include "coordinator/cli/fleet_limits.h"
#include "coordinator/drive/trial_driver.h"
#include "coordinator/experiment/axes.h"
#include "coordinator/experiment/ring_depth.h"
#include "copycost/v1/words.pb.h"

namespace copycost {
namespace {

constexpr uint64_t kMessages = 4;
constexpr uint64_t kLargestMessage = 64 << 10;
constexpr uint64_t kSmallestMessage = 4 << 10;
// Buffers are used again within these messages.
constexpr uint32_t kRing = 2;
// Slow enough for what an agent's --max-rate permits, and to disturb nobody; a trial takes some
// tenths of a second.
constexpr uint64_t kPacing = 20'000'000;

struct Pair {
  v1::SendMode send;
  v1::ReceiveMode receive;
};

template <typename Mode>
std::vector<Mode> Available(const std::map<Mode, std::string>& missing) {
  std::vector<Mode> modes;
  for (const Mode mode : AllValues<Mode>()) {
    if (missing.count(mode) == 0) modes.push_back(mode);
  }
  return modes;
}

std::vector<Pair> PairsOf(const HostLimits& limits) {
  const std::vector<v1::SendMode> send = Available(limits.missing_send_modes);
  const std::vector<v1::ReceiveMode> receive = Available(limits.missing_receive_modes);
  std::vector<Pair> pairs;
  if (send.empty() || receive.empty()) return pairs;
  for (const v1::SendMode mode : send) pairs.push_back({mode, receive[0]});
  for (size_t i = 1; i < receive.size(); ++i) pairs.push_back({send[0], receive[i]});
  return pairs;
}

// What an experiment that says nothing gets.
v1::Workload DefaultWorkload() {
  v1::Workload workload;
  for (const AxisField& axis : Axes()) {
    const absl::StatusOr<std::vector<std::string>> words = ExpandAxis(axis, {axis.default_values});
    // The defaults are ours.
    if (words.ok()) ApplyAxis(axis, words->front(), workload).IgnoreError();
  }
  return workload;
}

v1::Workload WorkloadOf(const Pair& pair, v1::IpVersion version, const std::string& congestion,
                        const HostLimits& limits) {
  v1::Workload workload = DefaultWorkload();
  workload.set_congestion(congestion);
  workload.set_nodelay(v1::NODELAY_OFF);
  workload.set_ip_version(version);
  workload.set_send_mode(pair.send);
  workload.set_receive_mode(pair.receive);
  workload.set_touch(v1::TOUCH_VERIFY);
  workload.set_read(DeliversNothing(pair.receive) ? v1::READ_NONE : v1::READ_VERIFY);
  workload.set_messages_per_flow(kMessages);
  workload.set_pacing_bits_per_s(kPacing);
  workload.set_message_bytes(kLargestMessage);
  if (!PinsBuffers(pair.send)) return workload;
  workload.set_ring_depth(kRing);
  while (limits.locked_memory_bytes && workload.message_bytes() > kSmallestMessage &&
         LockedBytes(workload, kRing) > *limits.locked_memory_bytes) {
    workload.set_message_bytes(workload.message_bytes() / 2);
  }
  return workload;
}

// Its last attempt, at once: whoever looks for what is wrong need not be told of failures of
// transport only after several. An agent that is lost is not waited for either, but a failure.
absl::StatusOr<v1::TrialRecord> Try(Clock& clock, std::vector<FleetAgent>& agents,
                                    const v1::Workload& workload) {
  TrialDriver driver(clock, agents, {.hold = {}, .return_limit = absl::ZeroDuration()});
  const auto keep_nothing = [](const v1::TrialRecord&) { return absl::OkStatus(); };
  return driver.Run({.trial_id = "doctor",
                     .block = 0,
                     .cell_id = 0,
                     .purpose = v1::PURPOSE_VERIFY,
                     .workload = workload,
                     .transport_failures = kMostTransportFailures - 1},
                    keep_nothing);
}

v1::Check GoodPath(const std::string& name, const v1::TrialRecord& record) {
  std::string found = absl::StrCat(record.workload().messages_per_flow(), " messages of ",
                                   FormatBytes(record.workload().message_bytes()),
                                   " came whole from ", record.agents(0).prepare().data_address(),
                                   " to ", record.agents(1).prepare().data_address());
  for (const int flag : record.flags()) {
    absl::StrAppend(&found, "; ", DescriptionOf(*v1::Flag_descriptor(), flag));
  }
  return OkCheck(name, found);
}

v1::Check BadPath(const std::string& name, const v1::TrialRecord& record) {
  const absl::Status why = absl::UnknownError(record.reason());
  if (!record.transport_failure()) return FailedCheck(name, v1::CHECK_STATE_MISSING, why, "");
  return FailedCheck(
      name, v1::CHECK_STATE_MISSING, why,
      absl::StrCat("let TCP from ", record.agents(0).prepare().data_address(), " to any port of ",
                   record.agents(1).prepare().data_address(), " through (routes, firewalls)"));
}

v1::Check NoAddress(v1::IpVersion version, const std::string& reason, bool in_namespaces) {
  v1::Check check = FailedCheck(absl::StrCat("IPv", Label(version)), v1::CHECK_STATE_MISSING,
                                absl::FailedPreconditionError(reason), "");
  if (!in_namespaces) {
    check.set_remedy(
        "name such addresses of both hosts in --agents: HOST:PORT/DATA_ADDR/DATA_ADDR");
  }
  return check;
}

void ExamineVersion(v1::IpVersion version, Clock& clock, std::vector<FleetAgent>& agents,
                    const std::string& congestion, ExaminedPaths& examined) {
  const HostLimits limits = LimitsOf(agents);
  for (const Pair& pair : PairsOf(limits)) {
    const std::string name =
        absl::StrCat("IPv", Label(version), ", ", Label(pair.send), " to ", Label(pair.receive));
    const absl::StatusOr<v1::TrialRecord> record =
        Try(clock, agents, WorkloadOf(pair, version, congestion, limits));
    if (!record.ok()) {
      examined.checks.push_back(FailedCheck(name, v1::CHECK_STATE_MISSING, record.status(), ""));
      return;
    }
    const bool good = record->outcome() == v1::OUTCOME_OK;
    examined.any |= good && !DeliversNothing(pair.receive);
    examined.checks.push_back(good ? GoodPath(name, *record) : BadPath(name, *record));
    if (record->transport_failure()) return;
  }
}

}  // namespace

ExaminedPaths ExaminePaths(Clock& clock, std::vector<FleetAgent>& agents,
                           const PathExamination& how) {
  const HostLimits limits = LimitsOf(agents);
  ExaminedPaths examined;
  for (const v1::IpVersion version : AllValues<v1::IpVersion>()) {
    const auto missing = limits.missing_ip_versions.find(version);
    if (missing == limits.missing_ip_versions.end()) {
      ExamineVersion(version, clock, agents, how.congestion, examined);
    } else {
      examined.checks.push_back(NoAddress(version, missing->second, how.in_namespaces));
    }
  }
  return examined;
}

}  // namespace copycost
