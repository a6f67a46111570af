#include "coordinator/cli/session.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/build_info.h"
#include "common/clock.h"
#include "common/events.h"
#include "common/status.h"
#include "common/utf8.h"
#include "coordinator/fleet/inspection.h"
#include "coordinator/record/host_changes.h"

namespace copycost {
namespace {

// Of a host's CPU time, while nothing of a run is going on.
constexpr double kBusy = 0.05;

// Of the default ones many hosts lack some; that is said at the end.
bool AreDefaultEvents(const google::protobuf::RepeatedPtrField<v1::EventState>& events) {
  return std::equal(events.begin(), events.end(), std::begin(kDefaultEvents),
                    std::end(kDefaultEvents),
                    [](const v1::EventState& event, absl::string_view name) {
                      return absl::string_view(event.event()) == name;
                    });
}

void AppendAgent(const v1::AgentInfo& agent, const std::string& warning,
                 std::map<std::string, std::string>& agents_of) {
  std::string& agents = agents_of[warning];
  absl::StrAppend(&agents, agents.empty() ? "" : ", ", agent.agent());
}

std::string CommandLine() {
  std::ifstream file("/proc/self/cmdline");
  std::string text;
  std::getline(file, text, '\0');
  for (std::string word; std::getline(file, word, '\0');) absl::StrAppend(&text, " ", word);
  return ToUtf8(text);
}

}  // namespace

std::string Holder() {
  char host[256] = {};
  ::gethostname(host, sizeof(host) - 1);
  return ToUtf8(absl::StrCat("user ", ::geteuid(), " on ", host, ", process ", ::getpid(), " (",
                             CommandLine().substr(0, 120), ")"));
}

absl::StatusOr<v1::Session> BeginSession(const std::vector<FleetAgent>& agents,
                                         const v1::Plan& plan) {
  RealClock clock;
  v1::Session session;
  session.set_started_unix_ns(absl::ToUnixNanos(clock.WallNow()));
  InstrumentsWanted wanted;
  wanted.sampling_hz = plan.experiment().ledger_hz();
  for (const std::string& event : plan.experiment().events()) {
    if (event != kNoEvents) wanted.events.push_back(event);
  }
  ASSIGN_OR_RETURN(std::vector<IdleInspection> inspected, InspectIdle(clock, agents, wanted));
  session.set_command_line(CommandLine());
  session.set_version(std::string(Version()));
  session.set_build_id(BuildId());
  for (size_t i = 0; i < agents.size(); ++i) {
    const FleetAgent& agent = agents[i];
    v1::AgentInfo& info = *session.add_agents();
    *info.mutable_before() = std::move(inspected[i].state);
    *info.mutable_idle_end() = std::move(inspected[i].idle_end);
    info.set_agent(agent.member.name);
    info.set_address(agent.member.address);
    *info.mutable_description() = agent.description;
    info.set_clock_offset_ns(absl::ToInt64Nanoseconds(agent.clock.offset));
    info.set_clock_error_ns(absl::ToInt64Nanoseconds(agent.clock.error));
    info.set_data_address_v4(agent.member.data_address_v4);
    info.set_data_address_v6(agent.member.data_address_v6);
  }
  return session;
}

std::vector<std::string> Warnings(const v1::Session& session) {
  std::vector<std::string> warnings;
  const std::optional<double> busy = record::IdleBusyShare(session);
  if (busy.value_or(0) > kBusy) {
    warnings.push_back(absl::StrFormat(
        "before the first trial a host was busy with something else, for %.0f %% of its CPU time: "
        "figures will vary, and CPU time of the host holds it too",
        100 * *busy));
  }
  std::map<std::string, std::string> agents_of;
  for (const v1::AgentInfo& agent : session.agents()) {
    if (!agent.before().no_sampling().empty()) {
      AppendAgent(agent,
                  absl::StrCat("there will be no ledger, though its trials are run: ",
                               agent.before().no_sampling()),
                  agents_of);
    }
    if (AreDefaultEvents(agent.before().events())) continue;
    for (const v1::EventState& event : agent.before().events()) {
      if (event.absent().empty()) continue;
      AppendAgent(agent, absl::StrCat(event.event(), " will not be counted: ", event.absent()),
                  agents_of);
    }
  }
  for (const auto& [warning, agents] : agents_of) {
    warnings.push_back(absl::StrCat(agents, ": ", warning));
  }
  return warnings;
}

void InspectAfter(const std::vector<FleetAgent>& agents, v1::Session& session) {
  for (size_t i = 0; i < agents.size() && static_cast<int>(i) < session.agents_size(); ++i) {
    absl::StatusOr<v1::HostState> state = Inspect(agents[i]);
    if (!state.ok()) continue;  // what was measured is not less true
    *session.mutable_agents(static_cast<int>(i))->mutable_after() = *std::move(state);
  }
}

std::string AgentsText(const v1::Session& session) {
  std::string text;
  for (const v1::AgentInfo& agent : session.agents()) {
    absl::StrAppend(&text, text.empty() ? "" : ",", agent.agent(), "=", agent.address());
    for (const std::string& data : {agent.data_address_v4(), agent.data_address_v6()}) {
      if (!data.empty()) absl::StrAppend(&text, "/", data);
    }
  }
  return text;
}

}  // namespace copycost
