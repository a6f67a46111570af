#include "coordinator/drive/judge.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/buffer_axes.h"
#include "common/flow_axes.h"
#include "common/mode_traits.h"
#include "common/stamped.h"
#include "common/status.h"
#include "coordinator/analysis/steadiness.h"
#include "coordinator/record/events.h"
#include "coordinator/record/latency.h"

namespace copycost {
namespace {

constexpr double kLeastOverlap = 0.99;
constexpr double kMostImbalance = 0.01;
constexpr double kLeastOfRate = 0.99;
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

// One direction of a flow: messages and requests go one way, responses the other.
struct Way {
  absl::string_view what;  // for reasons: "" or " of responses"
  uint64_t message_bytes;
  uint64_t accepted_bytes;
  uint64_t delivered_bytes;
  uint64_t verified_bytes;
  const v1::Evidence& sent;      // by the end that sends
  const v1::Evidence& received;  // by the other
};

std::vector<Way> WaysOf(const Ends& ends, const v1::Workload& workload) {
  std::vector<Way> ways = {{.what = "",
                            .message_bytes = workload.message_bytes(),
                            .accepted_bytes = ends.sender->total_bytes(),
                            .delivered_bytes = ends.receiver->total_bytes(),
                            .verified_bytes = ends.receiver->verified_bytes(),
                            .sent = ends.sender->evidence(),
                            .received = ends.receiver->evidence()}};
  if (!Exchanges(workload.pattern())) return ways;
  const v1::Responses& made = ends.receiver->responses();
  const v1::Responses& taken = ends.sender->responses();
  ways.push_back({.what = " of responses",
                  .message_bytes = workload.response_bytes(),
                  .accepted_bytes = made.total_bytes(),
                  .delivered_bytes = taken.total_bytes(),
                  .verified_bytes = taken.verified_bytes(),
                  .sent = made.evidence(),
                  .received = taken.evidence()});
  return ways;
}

absl::Status CheckWay(uint32_t flow, const Way& way, const v1::Workload& workload) {
  const bool may_lose = IsDatagrams(workload.transport());
  if (may_lose ? way.accepted_bytes < way.delivered_bytes
               : way.accepted_bytes != way.delivered_bytes) {
    return Invalid(flow, absl::StrCat(way.accepted_bytes, " bytes", way.what, " were accepted, ",
                                      way.delivered_bytes, " delivered"));
  }
  if (workload.read() == v1::READ_VERIFY && way.verified_bytes != way.delivered_bytes) {
    return Invalid(flow, absl::StrCat("of ", way.delivered_bytes, " bytes", way.what, " only ",
                                      way.verified_bytes, " were verified"));
  }
  if (way.sent.zero_copy_completions() != way.sent.zero_copy_sends()) {
    return Invalid(
        flow, absl::StrCat("of ", way.sent.zero_copy_sends(), " zero-copy sends", way.what, " ",
                           way.sent.zero_copy_completions(), " were completed"));
  }
  const uint64_t due = workload.messages_per_flow() * way.message_bytes;
  if (workload.messages_per_flow() > 0 && way.delivered_bytes != due) {
    return Invalid(flow, absl::StrCat(way.delivered_bytes, " bytes", way.what, " were delivered, ",
                                      due, " were due"));
  }
  return absl::OkStatus();
}

absl::Status CheckBytes(uint32_t flow, const Ends& ends, const v1::Workload& workload) {
  if (ends.sender == nullptr || ends.receiver == nullptr) {
    return Invalid(flow, "only one of its ends has a result");
  }
  const bool exchanges = Exchanges(workload.pattern());
  for (const v1::FlowResult* end : {ends.sender, ends.receiver}) {
    if (end->has_responses() == exchanges) continue;
    return Invalid(flow, exchanges ? "an end tells nothing of its responses"
                                   : "an end tells of responses, and there are none");
  }
  for (const Way& way : WaysOf(ends, workload)) RETURN_IF_ERROR(CheckWay(flow, way, workload));
  return absl::OkStatus();
}

absl::Status CheckTimes(uint32_t flow, const v1::LatencyHistogram& times, uint64_t messages,
                        absl::string_view things) {
  const absl::Status good = record::CheckLatency(times);
  if (!good.ok()) return Invalid(flow, good.message());
  if (times.count() <= messages) return absl::OkStatus();
  return Invalid(flow,
                 absl::StrCat("its histogram of latencies has more than there were ", things));
}

// What is timed besides exchanges. The receiver's end may have found that the clocks differ.
absl::Status CheckOtherTimes(uint32_t flow, const Ends& ends, const v1::Workload& workload) {
  const bool lends = PinsBuffers(workload.send_mode()) && workload.messages_per_flow() == 0;
  if (ends.sender->has_buffer_reuse() != lends || ends.receiver->has_buffer_reuse()) {
    return Invalid(flow, lends && !ends.receiver->has_buffer_reuse()
                             ? "its sender does not tell when its buffers were complete"
                             : "an end tells of buffers that it did not lend");
  }
  if (ends.sender->has_one_way() || (ends.receiver->has_one_way() && !IsStamped(workload))) {
    return Invalid(flow, "an end tells one-way latencies that it cannot have");
  }
  RETURN_IF_ERROR(
      CheckTimes(flow, ends.sender->buffer_reuse(), ends.sender->total_messages(), "messages"));
  return CheckTimes(flow, ends.receiver->one_way(), ends.receiver->total_messages(), "requests");
}

// The sender's end tells those of exchanges, where there are any.
absl::Status CheckLatencies(uint32_t flow, const Ends& ends, const v1::Workload& workload) {
  RETURN_IF_ERROR(CheckOtherTimes(flow, ends, workload));
  const bool due = Exchanges(workload.pattern()) && workload.messages_per_flow() == 0;
  if (ends.sender->has_latency() != due || ends.receiver->has_latency()) {
    return Invalid(flow, due && !ends.receiver->has_latency()
                             ? "its sender tells no latencies"
                             : "an end tells latencies that it cannot have");
  }
  return CheckTimes(flow, ends.sender->latency(), ends.sender->total_messages(), "exchanges");
}

absl::Status CheckWindow(uint32_t flow, const Ends& ends, const v1::Workload& workload) {
  if (!ends.sender->has_window() || !ends.receiver->has_window()) {
    return Invalid(flow, "an end has no window");
  }
  const v1::WindowCounts& sent = ends.sender->window();
  const v1::WindowCounts& taken = ends.receiver->window();
  if (!sent.has_messages() || taken.has_messages() != Exchanges(workload.pattern())) {
    return Invalid(flow, "an end tells no messages, or tells of some that it cannot see");
  }
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

// Of all flows and ways.
struct Sums {
  uint64_t zero_copy_sends = 0;
  uint64_t zero_copy_copied = 0;
  uint64_t mapped_bytes = 0;
  uint64_t accepted_bytes = 0;
  uint64_t delivered_bytes = 0;
};

Sums SumsOf(const std::map<uint32_t, Ends>& flows, const v1::Workload& workload) {
  Sums sums;
  for (const auto& [flow, ends] : flows) {
    for (const Way& way : WaysOf(ends, workload)) {
      sums.zero_copy_sends += way.sent.zero_copy_sends();
      sums.zero_copy_copied += way.sent.zero_copy_copied();
      sums.mapped_bytes += way.received.mapped_bytes();
      sums.accepted_bytes += way.accepted_bytes;
      sums.delivered_bytes += way.delivered_bytes;
    }
  }
  return sums;
}

// What all flows move at once where the pattern has exchanges: an edge of a window may fall on
// either side of it. 0 for a stream, which has none.
uint64_t GrainOf(const v1::Workload& workload) {
  if (!Exchanges(workload.pattern())) return 0;
  return (workload.message_bytes() + workload.response_bytes()) * FlowsOf(workload);
}

// CPUs are dealt so that threads share one only when there are no more, or when both ends of a flow
// are to be on one.
bool IsOversubscribed(const v1::TrialRecord& attempt) {
  const bool together = attempt.workload().placement() == v1::PLACEMENT_SAME_CPU;
  std::map<std::pair<std::string, uint32_t>, std::set<std::pair<uint32_t, int>>> threads;
  for (const v1::AgentRecord& agent : attempt.agents()) {
    for (const v1::AppliedEnd& end : agent.ready().ends()) {
      threads[{agent.boot_id(), end.cpu()}].emplace(end.thread(), together ? 0 : end.role());
    }
  }
  return std::any_of(threads.begin(), threads.end(),
                     [](const auto& of_cpu) { return of_cpu.second.size() > 1; });
}

bool IsCollapsed(const v1::TrialRecord& attempt) {
  return std::any_of(
      attempt.agents().begin(), attempt.agents().end(), [](const v1::AgentRecord& agent) {
        return agent.finished().net_counters().counts().contains("TcpExt.TCPRcvCollapsed");
      });
}

bool HasUringWorkers(const v1::TrialRecord& attempt) {
  return std::any_of(attempt.agents().begin(), attempt.agents().end(),
                     [](const auto& agent) { return agent.finished().uring_workers() > 0; });
}

bool IsUnbalanced(const std::map<uint32_t, Ends>& flows, const v1::Workload& workload) {
  double accepted = 0;
  double taken = 0;
  for (const auto& [flow, ends] : flows) {
    accepted += static_cast<double>(ends.sender->window().bytes());
    taken += static_cast<double>(ends.receiver->window().bytes());
  }
  const double most =
      kMostImbalance * std::max(accepted, taken) + static_cast<double>(GrainOf(workload));
  return std::abs(accepted - taken) > most;
}

bool IsUnsteady(const v1::TrialRecord& attempt) {
  return std::any_of(
      attempt.agents().begin(), attempt.agents().end(), [&](const v1::AgentRecord& agent) {
        return analysis::IsUnsteady(analysis::WindowSlices(agent), GrainOf(attempt.workload()));
      });
}

// Whether a window opened before its sender had been through its working set once, as far as its
// samples tell.
bool IsFirstPass(const v1::TrialRecord& attempt) {
  const v1::Workload& workload = attempt.workload();
  const std::vector<uint64_t> sizes = MessageSizesOf(workload);  // of the smallest there are most
  const uint64_t smallest = *std::min_element(sizes.begin(), sizes.end());
  const auto messages = static_cast<double>(WorkingMessages(workload, smallest));
  if (messages == 0) return false;
  for (const v1::AgentRecord& agent : attempt.agents()) {
    for (const v1::FlowResult& end : agent.finished().flows()) {
      if (end.role() != v1::ROLE_SENDER) continue;
      const int64_t opened_ns = end.window().opened_ns();
      const auto sent = analysis::SentBefore(agent, end.flow(), opened_ns);
      if (sent && *sent < messages) return true;
    }
  }
  return false;
}

// One exchange of each flow may end just beyond its window.
bool IsSaturated(const std::map<uint32_t, Ends>& flows, const v1::Workload& workload) {
  if (!HasRate(workload.pattern())) return false;
  double asked = 0;
  double ended = 0;
  for (const auto& [flow, ends] : flows) {
    const v1::WindowCounts& window = ends.sender->window();
    asked += static_cast<double>(window.closed_ns() - window.opened_ns()) / 1e9 * workload.rate();
    ended += static_cast<double>(window.messages()) + 1;
  }
  return ended < kLeastOfRate * asked;
}

}  // namespace

absl::Status CheckFinished(const v1::TrialRecord& attempt) {
  if (HasSurplusResults(attempt)) {
    return absl::DataLossError("an agent has results of flow ends that it was not given");
  }
  const std::map<uint32_t, Ends> flows = EndsOf(attempt);
  if (flows.size() != FlowsOf(attempt.workload())) {
    return absl::DataLossError(absl::StrCat(flows.size(), " flows have results, ",
                                            FlowsOf(attempt.workload()), " were asked"));
  }
  for (const auto& [flow, ends] : flows) {
    RETURN_IF_ERROR(CheckBytes(flow, ends, attempt.workload()));
    RETURN_IF_ERROR(CheckLatencies(flow, ends, attempt.workload()));
    if (attempt.workload().messages_per_flow() > 0) continue;
    RETURN_IF_ERROR(CheckWindow(flow, ends, attempt.workload()));
  }
  return absl::OkStatus();
}

std::vector<v1::Flag> FlagsOf(const v1::TrialRecord& attempt) {
  const std::map<uint32_t, Ends> flows = EndsOf(attempt);
  const v1::Workload& workload = attempt.workload();
  const Sums sums = SumsOf(flows, workload);
  std::set<v1::Flag> flags;
  if (sums.zero_copy_copied > 0) {
    flags.insert(sums.zero_copy_copied == sums.zero_copy_sends ? v1::FLAG_KERNEL_COPIED
                                                               : v1::FLAG_PARTLY_KERNEL_COPIED);
  }
  if (MapsPages(workload.receive_mode()) && 2 * sums.mapped_bytes < sums.delivered_bytes) {
    flags.insert(v1::FLAG_NOT_MAPPED);
  }
  if (sums.delivered_bytes < sums.accepted_bytes) flags.insert(v1::FLAG_LOSSY);
  if (IsCollapsed(attempt)) flags.insert(v1::FLAG_COLLAPSED);
  if (IsOversubscribed(attempt)) flags.insert(v1::FLAG_OVERSUBSCRIBED);
  if (workload.messages_per_flow() == 0) {
    if (IsUnsteady(attempt)) flags.insert(v1::FLAG_UNSTEADY);
    // What is lost is told by itself.
    if (!flags.contains(v1::FLAG_LOSSY) && IsUnbalanced(flows, workload)) {
      flags.insert(v1::FLAG_UNBALANCED);
    }
    if (IsSaturated(flows, workload)) flags.insert(v1::FLAG_SATURATED);
    if (IsFirstPass(attempt)) flags.insert(v1::FLAG_FIRST_PASS);
    if (record::IsMultiplexed(attempt)) flags.insert(v1::FLAG_MULTIPLEXED);
    if (HasUringWorkers(attempt)) flags.insert(v1::FLAG_URING_WORKERS);
  }
  return {flags.begin(), flags.end()};
}

}  // namespace copycost
