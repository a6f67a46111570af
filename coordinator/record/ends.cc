#include "coordinator/record/ends.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "common/mode_traits.h"
#include "common/status.h"
#include "common/words.h"

namespace copycost::record {
namespace {

absl::StatusOr<const v1::FlowResult*> ResultOf(const v1::AgentRecord& agent,
                                               const v1::FlowEnd& end) {
  for (const v1::FlowResult& result : agent.finished().flows()) {
    if (result.flow() == end.flow() && result.role() == end.role()) return &result;
  }
  return Absent(absl::StrCat("agent '", agent.agent(), "' left out flow ", end.flow(), "'s ",
                             Label(end.role())));
}

// Of a FlowResult, or of the Responses of one.
template <typename Result>
Part PartOf(const v1::FlowResult& end, const Result& told) {
  return {.end = &end,
          .evidence = told.has_evidence() ? &told.evidence() : nullptr,
          .total_bytes = told.total_bytes()};
}

}  // namespace

absl::Status Absent(absl::string_view reason) { return absl::FailedPreconditionError(reason); }

std::string NameOf(const v1::FlowResult& end) {
  return absl::StrCat("flow ", end.flow(), "'s ", Label(end.role()));
}

bool HasEnds(const v1::AgentRecord& agent, v1::Role role) {
  return std::any_of(agent.prepare().ends().begin(), agent.prepare().ends().end(),
                     [role](const v1::FlowEnd& end) { return end.role() == role; });
}

absl::StatusOr<std::vector<const v1::FlowResult*>> EndsOf(const v1::AgentRecord& agent,
                                                          v1::Role role) {
  std::vector<const v1::FlowResult*> ends;
  for (const v1::FlowEnd& end : agent.prepare().ends()) {
    if (end.role() != role) continue;
    if (!agent.has_finished()) {
      return Absent(absl::StrCat("agent '", agent.agent(), "' did not finish"));
    }
    ASSIGN_OR_RETURN(ends.emplace_back(), ResultOf(agent, end));
  }
  return ends;
}

absl::StatusOr<std::vector<const v1::FlowResult*>> EndsOf(const v1::TrialRecord& trial,
                                                          v1::Role role) {
  std::vector<const v1::FlowResult*> all;
  for (const v1::AgentRecord& agent : trial.agents()) {
    ASSIGN_OR_RETURN(const auto ends, EndsOf(agent, role));
    all.insert(all.end(), ends.begin(), ends.end());
  }
  if (all.empty()) return Absent(absl::StrCat("no agent was a ", Label(role)));
  return all;
}

absl::StatusOr<std::vector<Part>> PartsOf(const v1::TrialRecord& trial, Side side) {
  const bool sending = side == Side::kSending;
  std::vector<Part> parts;
  ASSIGN_OR_RETURN(const auto ends, EndsOf(trial, sending ? v1::ROLE_SENDER : v1::ROLE_RECEIVER));
  parts.reserve(2 * ends.size());
  for (const v1::FlowResult* end : ends) parts.push_back(PartOf(*end, *end));
  if (!Exchanges(trial.workload().pattern())) return parts;
  ASSIGN_OR_RETURN(const auto others, EndsOf(trial, sending ? v1::ROLE_RECEIVER : v1::ROLE_SENDER));
  for (const v1::FlowResult* end : others) {
    if (!end->has_responses()) {
      return Absent(absl::StrCat(NameOf(*end), " told nothing of its responses"));
    }
    parts.push_back(PartOf(*end, end->responses()));
  }
  return parts;
}

absl::StatusOr<const v1::WindowCounts*> WindowOf(const v1::FlowResult& end) {
  if (!end.has_window()) return Absent(absl::StrCat(NameOf(end), " had no window"));
  if (end.window().closed_ns() <= end.window().opened_ns()) {
    return Absent(absl::StrCat(NameOf(end), " had an empty window"));
  }
  return &end.window();
}

absl::StatusOr<std::vector<const v1::WindowCounts*>> WindowsOf(const v1::TrialRecord& trial,
                                                               v1::Role role) {
  if (trial.workload().messages_per_flow() > 0) {
    return Absent("the flows end after a number of messages; there is no window");
  }
  ASSIGN_OR_RETURN(const auto ends, EndsOf(trial, role));
  std::vector<const v1::WindowCounts*> windows;
  for (const v1::FlowResult* end : ends) {
    ASSIGN_OR_RETURN(windows.emplace_back(), WindowOf(*end));
  }
  return windows;
}

absl::StatusOr<std::vector<const v1::WindowCounts*>> SendersWindowsOf(
    const v1::TrialRecord& trial) {
  ASSIGN_OR_RETURN(auto windows, WindowsOf(trial, v1::ROLE_SENDER));
  if (!Exchanges(trial.workload().pattern())) return windows;
  ASSIGN_OR_RETURN(const auto others, WindowsOf(trial, v1::ROLE_RECEIVER));
  windows.insert(windows.end(), others.begin(), others.end());
  return windows;
}

absl::StatusOr<double> ThreadCpuNs(const v1::AgentRecord& agent, v1::Role role) {
  std::map<uint32_t, std::vector<double>> threads;
  for (const v1::FlowEnd& end : agent.prepare().ends()) {
    if (end.role() != role) continue;
    ASSIGN_OR_RETURN(const v1::FlowResult* result, ResultOf(agent, end));
    ASSIGN_OR_RETURN(const v1::WindowCounts* window, WindowOf(*result));
    threads[end.thread()].push_back(static_cast<double>(window->thread_cpu_ns()));
  }
  double sum_ns = 0;
  for (const auto& [thread, told] : threads) {
    sum_ns += std::accumulate(told.begin(), told.end(), 0.0) / static_cast<double>(told.size());
  }
  return sum_ns;
}

absl::StatusOr<double> ThreadCpuNs(const v1::TrialRecord& trial, v1::Role role) {
  RETURN_IF_ERROR(WindowsOf(trial, role).status());
  double sum_ns = 0;
  for (const v1::AgentRecord& agent : trial.agents()) {
    ASSIGN_OR_RETURN(const double of_agent_ns, ThreadCpuNs(agent, role));
    sum_ns += of_agent_ns;
  }
  return sum_ns;
}

}  // namespace copycost::record
