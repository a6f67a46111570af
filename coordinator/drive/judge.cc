#include "coordinator/drive/judge.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/mode_traits.h"
#include "common/status.h"
#include "coordinator/analysis/steadiness.h"

namespace copycost {
namespace {

constexpr double kLeastOverlap = 0.99;
constexpr double kMostImbalance = 0.01;
// Of clocks and their difference: 73 years, so that no sum of two overflows.
constexpr int64_t kFarthest = int64_t{1} << 61;

// Both ends of a flow, and the agents that played them.
struct Ends {
  const v1::FlowResult* sender = nullptr;
  const v1::FlowResult* receiver = nullptr;
  const v1::AgentRecord* sending = nullptr;
  const v1::AgentRecord* receiving = nullptr;
};

// The receiver's clock minus the sender's.
struct ClockDifference {
  int64_t offset_ns;
  int64_t error_ns;
};

ClockDifference ClocksOf(const Ends& ends) {
  if (ends.sending->boot_id() == ends.receiving->boot_id()) return {0, 0};  // one clock
  const absl::Duration offset = absl::Nanoseconds(ends.receiving->clock_offset_ns()) -
                                absl::Nanoseconds(ends.sending->clock_offset_ns());
  const absl::Duration error = absl::Nanoseconds(ends.receiving->clock_error_ns()) +
                               absl::Nanoseconds(ends.sending->clock_error_ns());
  return {absl::ToInt64Nanoseconds(offset), absl::ToInt64Nanoseconds(error)};  // these saturate
}

// Whether an agent told the same end of a flow twice, or one that it was not given.
bool HasSurplusResults(const v1::TrialRecord& attempt) {
  for (const v1::AgentRecord& agent : attempt.agents()) {
    std::set<std::pair<uint32_t, int>> given;
    for (const v1::FlowEnd& end : agent.prepare().ends()) given.emplace(end.flow(), end.role());
    for (const v1::FlowResult& flow : agent.finished().flows()) {
      if (given.erase({flow.flow(), flow.role()}) == 0) return true;
    }
  }
  return false;
}

std::map<uint32_t, Ends> EndsOf(const v1::TrialRecord& attempt) {
  std::map<uint32_t, Ends> flows;
  for (const v1::AgentRecord& agent : attempt.agents()) {
    for (const v1::FlowResult& result : agent.finished().flows()) {
      Ends& ends = flows[result.flow()];
      const bool sends = result.role() == v1::ROLE_SENDER;
      (sends ? ends.sender : ends.receiver) = &result;
      (sends ? ends.sending : ends.receiving) = &agent;
    }
  }
  return flows;
}

absl::Status Invalid(uint32_t flow, absl::string_view why) {
  return absl::DataLossError(absl::StrCat("flow ", flow, ": ", why));
}

absl::Status CheckBytes(uint32_t flow, const Ends& ends, const v1::TrialRecord& attempt) {
  if (ends.sender == nullptr || ends.receiver == nullptr) {
    return Invalid(flow, "only one of its ends has a result");
  }
  if (ends.sender->total_bytes() != ends.receiver->total_bytes()) {
    return Invalid(flow, absl::StrCat(ends.sender->total_bytes(), " bytes were accepted, ",
                                      ends.receiver->total_bytes(), " delivered"));
  }
  if (attempt.workload().read() == v1::READ_VERIFY &&
      ends.receiver->verified_bytes() != ends.receiver->total_bytes()) {
    return Invalid(flow, absl::StrCat("of ", ends.receiver->total_bytes(), " bytes only ",
                                      ends.receiver->verified_bytes(), " were verified"));
  }
  const v1::Evidence& evidence = ends.sender->evidence();
  if (evidence.zero_copy_completions() != evidence.zero_copy_sends()) {
    return Invalid(flow, absl::StrCat("of ", evidence.zero_copy_sends(), " zero-copy sends ",
                                      evidence.zero_copy_completions(), " were completed"));
  }
  return absl::OkStatus();
}

absl::Status CheckMessages(uint32_t flow, const Ends& ends, const v1::Workload& workload) {
  const uint64_t due = workload.messages_per_flow() * workload.message_bytes();
  if (workload.messages_per_flow() == 0 || ends.receiver->total_bytes() == due) {
    return absl::OkStatus();
  }
  return Invalid(flow, absl::StrCat(ends.receiver->total_bytes(), " bytes were delivered, ", due,
                                    " were due"));
}

absl::Status CheckWindow(uint32_t flow, const Ends& ends) {
  if (!ends.sender->has_window() || !ends.receiver->has_window()) {
    return Invalid(flow, "an end has no window");
  }
  const v1::WindowCounts& sent = ends.sender->window();
  const v1::WindowCounts& taken = ends.receiver->window();
  const ClockDifference clocks = ClocksOf(ends);
  for (const int64_t told : {sent.opened_ns(), sent.closed_ns(), taken.opened_ns(),
                             taken.closed_ns(), clocks.offset_ns, clocks.error_ns}) {
    if (told < -kFarthest || told > kFarthest)
      return Invalid(flow, "an end tells impossible times");
  }
  const int64_t begin = std::max(sent.opened_ns() + clocks.offset_ns, taken.opened_ns());
  const int64_t end = std::min(sent.closed_ns() + clocks.offset_ns, taken.closed_ns());
  const int64_t longest =
      std::max(sent.closed_ns() - sent.opened_ns(), taken.closed_ns() - taken.opened_ns());
  // What is certain: the clocks may be apart by as much more.
  const int64_t common = end - begin - clocks.error_ns;
  const double overlap =
      longest <= 0 ? 0 : static_cast<double>(common) / static_cast<double>(longest);
  if (overlap < kLeastOverlap) {
    const std::string doubt = clocks.error_ns == 0
                                  ? ""
                                  : absl::StrFormat(", the clocks being known to %.0f us",
                                                    static_cast<double>(clocks.error_ns) / 1e3);
    return Invalid(flow, absl::StrFormat("the windows of its two ends overlap by %.1f %% only%s",
                                         100 * std::max(overlap, 0.0), doubt));
  }
  if (taken.bytes() == 0) return Invalid(flow, "nothing was received in the window");
  return absl::OkStatus();
}

struct ZeroCopySends {
  uint64_t all = 0;
  uint64_t copied = 0;
};

ZeroCopySends ZeroCopySendsOf(const std::map<uint32_t, Ends>& flows) {
  ZeroCopySends sends;
  for (const auto& [flow, ends] : flows) {
    sends.all += ends.sender->evidence().zero_copy_sends();
    sends.copied += ends.sender->evidence().zero_copy_copied();
  }
  return sends;
}

// CPUs are dealt so that threads share one only when there are no more.
bool IsOversubscribed(const v1::TrialRecord& attempt) {
  std::set<std::pair<std::string, uint32_t>> used;
  for (const v1::AgentRecord& agent : attempt.agents()) {
    for (const v1::FlowEnd& end : agent.prepare().ends()) {
      if (!used.emplace(agent.boot_id(), end.cpu()).second) return true;
    }
  }
  return false;
}

bool IsUnbalanced(const std::map<uint32_t, Ends>& flows) {
  double accepted = 0;
  double taken = 0;
  for (const auto& [flow, ends] : flows) {
    accepted += static_cast<double>(ends.sender->window().bytes());
    taken += static_cast<double>(ends.receiver->window().bytes());
  }
  return std::abs(accepted - taken) > kMostImbalance * std::max(accepted, taken);
}

bool IsNotMapped(const std::map<uint32_t, Ends>& flows, v1::ReceiveMode mode) {
  if (!MapsPages(mode)) return false;
  uint64_t mapped = 0;
  uint64_t taken = 0;
  for (const auto& [flow, ends] : flows) {
    mapped += ends.receiver->evidence().mapped_bytes();
    taken += ends.receiver->total_bytes();
  }
  return 2 * mapped < taken;
}

bool IsUnsteady(const v1::TrialRecord& attempt) {
  return std::any_of(attempt.agents().begin(), attempt.agents().end(),
                     [](const v1::AgentRecord& agent) {
                       return analysis::IsUnsteady(analysis::WindowSlices(agent));
                     });
}

}  // namespace

absl::Status CheckFinished(const v1::TrialRecord& attempt) {
  if (HasSurplusResults(attempt)) {
    return absl::DataLossError("an agent has results of flow ends that it was not given");
  }
  const std::map<uint32_t, Ends> flows = EndsOf(attempt);
  if (flows.size() != attempt.workload().threads()) {
    return absl::DataLossError(absl::StrCat(flows.size(), " flows have results, ",
                                            attempt.workload().threads(), " were asked"));
  }
  for (const auto& [flow, ends] : flows) {
    RETURN_IF_ERROR(CheckBytes(flow, ends, attempt));
    RETURN_IF_ERROR(CheckMessages(flow, ends, attempt.workload()));
    if (attempt.workload().messages_per_flow() == 0) RETURN_IF_ERROR(CheckWindow(flow, ends));
  }
  return absl::OkStatus();
}

std::vector<v1::Flag> FlagsOf(const v1::TrialRecord& attempt) {
  const std::map<uint32_t, Ends> flows = EndsOf(attempt);
  const ZeroCopySends zero_copy = ZeroCopySendsOf(flows);
  std::set<v1::Flag> flags;
  if (zero_copy.copied > 0) {
    flags.insert(zero_copy.copied == zero_copy.all ? v1::FLAG_KERNEL_COPIED
                                                   : v1::FLAG_PARTLY_KERNEL_COPIED);
  }
  if (IsNotMapped(flows, attempt.workload().receive_mode())) flags.insert(v1::FLAG_NOT_MAPPED);
  if (IsOversubscribed(attempt)) flags.insert(v1::FLAG_OVERSUBSCRIBED);
  if (attempt.workload().messages_per_flow() == 0) {
    if (IsUnsteady(attempt)) flags.insert(v1::FLAG_UNSTEADY);
    if (IsUnbalanced(flows)) flags.insert(v1::FLAG_UNBALANCED);
  }
  return {flags.begin(), flags.end()};
}

}  // namespace copycost
