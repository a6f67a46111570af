#include "coordinator/record/bottleneck.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "common/flow_axes.h"
#include "common/mode_traits.h"
#include "common/status.h"
#include "coordinator/record/ends.h"
#include "coordinator/record/events.h"
#include "coordinator/record/host_cpu.h"
#include "coordinator/record/loss.h"
#include "coordinator/record/tcp.h"

namespace copycost::record {
namespace {

// On a CPU, or waiting for one, for so much of its window, a thread has no time left for more. The
// rest is what it takes to be woken, and to be told from one that waits for something else.
constexpr double kSpent = 0.9;
// Where TCP waits for the receive window, its reader must have less time left than that: with a
// small buffer it often wakes, and sends the next data itself as the window opens, on one host.
constexpr double kSpentBehindWindow = 0.95;
// Of what was asked: who reaches so much is not held back by anything else.
constexpr double kReached = 0.9;
// Of the time between two readings of TCP_INFO.
constexpr double kMostly = 0.5;
// Of a sender's window, spent waiting for buffers; it also waits a little while it sleeps anyway.
constexpr double kWaits = 0.25;
// Of the segments sent, or of the bytes of datagrams. A window of cubic's is cut by 30 % at each
// loss, and takes hundreds of round trips to grow again.
constexpr double kLossy = 0.001;
// Of a link's speed, by what its frames take of it. Whoever sends more over a link than it has is
// told of a speed that is none, as by emulated NICs.
constexpr double kFull = 0.95;
constexpr double kMoreThanFull = 1.05;
// What a frame takes on the wire beside its payload: preamble, header, checksum and gap of Ethernet
// (IEEE 802.3), the IP header, and that of TCP with timestamps or of UDP.
constexpr double kEthernetBytes = 8 + 14 + 4 + 12;
constexpr double kIpv4Bytes = 20, kIpv6Bytes = 40, kTcpBytes = 32, kUdpBytes = 8;
// Of a shaper, for each second of traffic: it stops the queue for each burst that is over its rate.
constexpr double kShapes = 50;

// What the rules look at. A share that could not be told is 0: no rule then goes by it.
struct Facts {
  const v1::TrialRecord& trial;
  // Share of their windows for which the threads were on a CPU, and for which they were or waited
  // for one.
  double sender_on_cpu = 0;
  double receiver_on_cpu = 0;
  double sender_cpu = 0;
  double receiver_cpu = 0;
  double busiest_cpu = 0;
  double goodput_bits_per_s = 0;
  double completion_wait = 0;
  double tcp_busy = 0;
  double receive_window = 0;
  double send_buffer = 0;
  double resent = 0;
  double lost = 0;
  double congestion_window_bytes = 0;
  double send_buffer_bytes = 0;
  double overlimits_per_s = 0;
  double link_use = 0;  // of its speed; of the fullest

  const v1::Workload& workload() const { return trial.workload(); }
  bool Has(v1::Flag flag) const {
    return std::find(trial.flags().begin(), trial.flags().end(), flag) != trial.flags().end();
  }
  bool CpusAreLeft() const { return sender_cpu < kSpent && receiver_cpu < kSpent; }
  // TCP nearly always had something on its way, and mostly room for it.
  bool TcpIsKeptBusy() const { return tcp_busy >= kReached && receive_window < kMostly; }
};

// The mean over the threads of a role, without their waits.
absl::StatusOr<double> OnCpuShare(const v1::TrialRecord& trial, v1::Role role) {
  ASSIGN_OR_RETURN(const double cpu_ns, ThreadCpuNs(trial, role));
  ASSIGN_OR_RETURN(const auto windows, WindowsOf(trial, role));
  double flows_ns = 0;
  for (const v1::WindowCounts* window : windows) {
    flows_ns += static_cast<double>(window->closed_ns() - window->opened_ns());
  }
  const double threads_ns = flows_ns / std::max(trial.workload().flows_per_thread(), 1U);
  return cpu_ns / threads_ns;
}

absl::StatusOr<double> WaitShare(const v1::TrialRecord& trial) {
  ASSIGN_OR_RETURN(const auto windows, SendersWindowsOf(trial));
  double waited_ns = 0, all_ns = 0;
  for (const v1::WindowCounts* window : windows) {
    waited_ns += static_cast<double>(window->completion_wait_ns());
    all_ns += static_cast<double>(window->closed_ns() - window->opened_ns());
  }
  return waited_ns / all_ns;
}

absl::StatusOr<double> GoodputBitsPerSecond(const v1::TrialRecord& trial) {
  ASSIGN_OR_RETURN(const auto windows, WindowsOf(trial, v1::ROLE_RECEIVER));
  double bits_per_s = 0;
  for (const v1::WindowCounts* window : windows) {
    bits_per_s += 8e9 * static_cast<double>(window->bytes()) /
                  static_cast<double>(window->closed_ns() - window->opened_ns());
  }
  return bits_per_s;
}

// Of all queueing disciplines of the interfaces that payload is sent from.
double OverlimitsPerSecond(const v1::TrialRecord& trial) {
  double overlimits = 0;
  for (const v1::AgentRecord& agent : trial.agents()) {
    if (!HasEnds(agent, v1::ROLE_SENDER) && !Exchanges(trial.workload().pattern())) continue;
    for (const auto& [name, count] : agent.finished().link_counters().counts()) {
      if (absl::StartsWith(name, "qdisc.") && absl::EndsWith(name, ".overlimits")) {
        overlimits += static_cast<double>(count);
      }
    }
  }
  return overlimits /
         (static_cast<double>(trial.workload().warmup_ns() + trial.workload().window_ns()) / 1e9);
}

struct Sent {
  double bytes = 0;
  double frames = 0;
};

// In the windows of an agent's senders. Frames of TCP are the segments that it tells (a large one
// that the NIC cuts counts as what it is cut into), those of UDP as many as it takes.
Sent SentBy(const v1::AgentRecord& agent, const v1::Workload& workload) {
  Sent sent;
  for (const v1::FlowResult& end : agent.finished().flows()) {
    if (end.role() != v1::ROLE_SENDER) continue;
    const auto bytes = static_cast<double>(end.window().bytes());
    sent.bytes += bytes;
    if (end.has_tcp_opened() && end.has_tcp_closed()) {
      sent.frames += static_cast<double>(end.tcp_closed().sent_segments()) -
                     static_cast<double>(end.tcp_opened().sent_segments());
    } else if (workload.transport() == v1::TRANSPORT_UDP) {
      for (const v1::AppliedEnd& applied : agent.ready().ends()) {
        if (applied.flow() != end.flow() || applied.role() != end.role()) continue;
        const uint64_t payload =
            applied.has_mss_bytes() ? applied.mss_bytes() : workload.message_bytes();
        sent.frames += bytes / static_cast<double>(std::max<uint64_t>(1, payload));
      }
    }
  }
  return sent;
}

double FrameOverheadBytes(const v1::Workload& workload) {
  return kEthernetBytes + (workload.ip_version() == v1::IP_VERSION_6 ? kIpv6Bytes : kIpv4Bytes) +
         (workload.transport() == v1::TRANSPORT_UDP ? kUdpBytes : kTcpBytes);
}

// Of the slowest interface of the agent's senders; 0 where it tells no speed.
double SpeedBitsPerSecond(const v1::AgentRecord& agent) {
  uint32_t mbps = 0;
  for (const v1::AppliedEnd& end : agent.ready().ends()) {
    if (end.role() != v1::ROLE_SENDER || !end.interface().has_speed_mbps()) continue;
    if (mbps == 0 || end.interface().speed_mbps() < mbps) mbps = end.interface().speed_mbps();
  }
  return 1e6 * mbps;
}

// Of the fullest link: each agent's part of the goodput, and what its frames took beside that. Of
// exchanges only the requests are told apart, so that nothing is known of them.
double LinkUse(const v1::TrialRecord& trial, double goodput_bits_per_s) {
  if (Exchanges(trial.workload().pattern())) return 0;
  double all_bytes = 0;
  for (const v1::AgentRecord& agent : trial.agents()) {
    all_bytes += SentBy(agent, trial.workload()).bytes;
  }
  double most = 0;
  for (const v1::AgentRecord& agent : trial.agents()) {
    const Sent sent = SentBy(agent, trial.workload());
    const double speed = SpeedBitsPerSecond(agent);
    if (sent.bytes == 0 || sent.frames <= 0 || speed == 0) continue;
    const double wire = sent.bytes + sent.frames * FrameOverheadBytes(trial.workload());
    most = std::max(most, goodput_bits_per_s * wire / all_bytes / speed);
  }
  return most;
}

absl::StatusOr<Facts> FactsOf(const v1::TrialRecord& trial) {
  Facts facts{.trial = trial};
  ASSIGN_OR_RETURN(facts.sender_on_cpu, OnCpuShare(trial, v1::ROLE_SENDER));
  ASSIGN_OR_RETURN(facts.receiver_on_cpu, OnCpuShare(trial, v1::ROLE_RECEIVER));
  facts.sender_cpu = facts.sender_on_cpu + RunDelayShare(trial, v1::ROLE_SENDER).value_or(0);
  facts.receiver_cpu = facts.receiver_on_cpu + RunDelayShare(trial, v1::ROLE_RECEIVER).value_or(0);
  ASSIGN_OR_RETURN(facts.goodput_bits_per_s, GoodputBitsPerSecond(trial));
  ASSIGN_OR_RETURN(facts.completion_wait, WaitShare(trial));
  facts.busiest_cpu = BusiestCpuShare(trial).value_or(0);
  facts.tcp_busy = TcpBusyShare(trial).value_or(0);
  facts.receive_window = ReceiveWindowLimitedShare(trial).value_or(0);
  facts.send_buffer = SendBufferLimitedShare(trial).value_or(0);
  facts.resent = ResentShare(trial).value_or(0);
  facts.lost = LostShare(trial).value_or(0);
  facts.congestion_window_bytes = CongestionWindowBytes(trial).value_or(0);
  facts.send_buffer_bytes = SendBufferBytes(trial).value_or(0);
  facts.overlimits_per_s = OverlimitsPerSecond(trial);
  facts.link_use = LinkUse(trial, facts.goodput_bits_per_s);
  return facts;
}

bool IsOversubscribed(const Facts& facts) {
  return facts.Has(v1::FLAG_OVERSUBSCRIBED) && facts.busiest_cpu >= kSpent;
}

bool WaitsForRoundTrips(const Facts& facts) {
  return Exchanges(facts.workload().pattern()) && !HasRate(facts.workload().pattern()) &&
         facts.CpusAreLeft();
}

bool KeepsItsRate(const Facts& facts) {
  return HasRate(facts.workload().pattern()) && !facts.Has(v1::FLAG_SATURATED);
}

bool IsPaced(const Facts& facts) {
  const double most =
      static_cast<double>(facts.workload().pacing_bits_per_s()) * FlowsOf(facts.workload());
  return most > 0 && facts.goodput_bits_per_s >= kReached * most;
}

bool FillsItsLink(const Facts& facts) {
  return facts.link_use >= kFull && facts.link_use <= kMoreThanFull;
}

// Waits for a CPU do not say that a thread is late: who is woken for little waits each time.
bool IsShaped(const Facts& facts) {
  const bool cpus_are_left = facts.TcpIsKeptBusy()
                                 ? std::max(facts.sender_on_cpu, facts.receiver_on_cpu) < kSpent
                                 : facts.CpusAreLeft();
  return facts.overlimits_per_s >= kShapes && cpus_are_left;
}

bool LosesDatagrams(const Facts& facts) { return facts.lost >= kLossy; }

// Where both sides are spent, the one that the other waits for, or runs away from.
bool ReceiverIsSpent(const Facts& facts) {
  if (facts.receive_window >= kMostly) return facts.receiver_cpu >= kSpentBehindWindow;
  return facts.receiver_cpu >= kSpent && (facts.sender_cpu < kSpent || LosesDatagrams(facts));
}

// What TCP cannot send anyway, a sender need not hurry with.
bool SenderIsSpent(const Facts& facts) {
  return facts.sender_cpu >= kSpent && facts.receive_window < kMostly;
}

bool WaitsForCompletions(const Facts& facts) { return facts.completion_wait >= kWaits; }

// tcp_chrono_start(TCP_CHRONO_RWND_LIMITED) in net/ipv4/tcp_output.c.
bool WaitsForReceiveWindow(const Facts& facts) { return facts.receive_window >= kMostly; }

bool LosesSegments(const Facts& facts) { return facts.resent >= kLossy; }

// The kernel's own account (TCP_CHRONO_SNDBUF_LIMITED) begins only once its queues have run empty
// while somebody waits for room. A buffer that is smaller than the congestion window bounds what is
// on its way as well, before that: at most all of it is payload.
bool HasSmallSendBuffer(const Facts& facts) {
  return facts.send_buffer >= kMostly ||
         (facts.send_buffer_bytes > 0 && facts.congestion_window_bytes > facts.send_buffer_bytes);
}

bool FillsCongestionWindow(const Facts& facts) { return facts.tcp_busy >= kReached; }

struct Rule {
  v1::Bottleneck bottleneck;
  bool (*applies)(const Facts& facts);
};

// The first that applies. What was asked for comes before what gives out, CPUs before what waits
// for them, and what TCP is told before what it finds out by itself.
constexpr Rule kRules[] = {
    {v1::BOTTLENECK_OVERSUBSCRIPTION, IsOversubscribed},
    {v1::BOTTLENECK_ROUND_TRIP, WaitsForRoundTrips},
    {v1::BOTTLENECK_RATE, KeepsItsRate},
    {v1::BOTTLENECK_PACING, IsPaced},
    {v1::BOTTLENECK_LINK, FillsItsLink},
    {v1::BOTTLENECK_LINK, IsShaped},
    {v1::BOTTLENECK_RECEIVER_CPU, ReceiverIsSpent},
    {v1::BOTTLENECK_LOSS, LosesDatagrams},
    {v1::BOTTLENECK_SENDER_CPU, SenderIsSpent},
    {v1::BOTTLENECK_COMPLETIONS, WaitsForCompletions},
    {v1::BOTTLENECK_RECEIVE_WINDOW, WaitsForReceiveWindow},
    {v1::BOTTLENECK_LOSS, LosesSegments},
    {v1::BOTTLENECK_SEND_BUFFER, HasSmallSendBuffer},
    {v1::BOTTLENECK_CONGESTION_WINDOW, FillsCongestionWindow},
};

}  // namespace

absl::StatusOr<v1::Bottleneck> BottleneckOf(const v1::TrialRecord& trial) {
  ASSIGN_OR_RETURN(const Facts facts, FactsOf(trial));
  for (const Rule& rule : kRules) {
    if (rule.applies(facts)) return rule.bottleneck;
  }
  return Absent(absl::StrFormat(
      "nothing that was seen explains it: the senders' threads ran or waited for a CPU for %.0f %% "
      "of their windows, the receivers' for %.0f %%",
      100 * facts.sender_cpu, 100 * facts.receiver_cpu));
}

}  // namespace copycost::record
