#include "coordinator/record/metrics.h"

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/mode_traits.h"
#include "common/status.h"
#include "common/words.h"
#include "coordinator/record/copies.h"
#include "coordinator/record/ends.h"
#include "coordinator/record/events.h"
#include "coordinator/record/host_cpu.h"
#include "coordinator/record/latency.h"
#include "coordinator/record/loss.h"
#include "coordinator/record/tcp.h"

namespace copycost::record {
namespace {

double LengthNs(const v1::WindowCounts& window) {
  return static_cast<double>(window.closed_ns() - window.opened_ns());
}

double BytesOf(const v1::WindowCounts& window) { return static_cast<double>(window.bytes()); }
double MessagesOf(const v1::WindowCounts& window) { return static_cast<double>(window.messages()); }
double CallsOf(const v1::WindowCounts& window) { return static_cast<double>(window.calls()); }
double TimedCallsOf(const v1::WindowCounts& window) {
  return static_cast<double>(window.timed_calls());
}
double TimedNsOf(const v1::WindowCounts& window) {
  return static_cast<double>(window.timed_call_ns());
}
double TimedCopiesOf(const v1::WindowCounts& window) {
  return static_cast<double>(window.timed_copies());
}
double TimedCopyNsOf(const v1::WindowCounts& window) {
  return static_cast<double>(window.timed_copy_ns());
}
double CompletionWaitNsOf(const v1::WindowCounts& window) {
  return static_cast<double>(window.completion_wait_ns());
}

using Figure = double (*)(const v1::WindowCounts&);

// Each flow over its own window: the windows of an attempt's flows need not be equally long.
absl::StatusOr<double> SumOfRatesPerNs(const v1::TrialRecord& trial, v1::Role role, Figure figure) {
  ASSIGN_OR_RETURN(const auto windows, WindowsOf(trial, role));
  double sum = 0;
  for (const v1::WindowCounts* window : windows) sum += figure(*window) / LengthNs(*window);
  return sum;
}

struct Ratio {
  Figure of;
  Figure to;
  absl::string_view why_absent;  // when the divisor is 0
};

// Sum over sum: the ratio of all flows together.
absl::StatusOr<double> RatioOfSums(const std::vector<const v1::WindowCounts*>& windows,
                                   const Ratio& ratio) {
  double of = 0, to = 0;
  for (const v1::WindowCounts* window : windows) {
    of += ratio.of(*window);
    to += ratio.to(*window);
  }
  if (to == 0) return Absent(ratio.why_absent);
  return of / to;
}

absl::StatusOr<double> RatioOfSums(const v1::TrialRecord& trial, v1::Role role,
                                   const Ratio& ratio) {
  ASSIGN_OR_RETURN(const auto windows, WindowsOf(trial, role));
  return RatioOfSums(windows, ratio);
}

// An end that sends and receives counts all its calls as one.
absl::Status CheckCallsOfOneKind(const v1::TrialRecord& trial) {
  if (!Exchanges(trial.workload().pattern())) return absl::OkStatus();
  return Absent("each end sends and receives, and its calls of both kinds are counted together");
}

absl::StatusOr<double> WindowSeconds(const v1::TrialRecord& trial) {
  ASSIGN_OR_RETURN(const auto windows, WindowsOf(trial, v1::ROLE_RECEIVER));
  double sum_ns = 0;
  for (const v1::WindowCounts* window : windows) sum_ns += LengthNs(*window);
  return sum_ns / static_cast<double>(windows.size()) / 1e9;
}

absl::StatusOr<double> GoodputGbps(const v1::TrialRecord& trial) {
  ASSIGN_OR_RETURN(const double bytes_per_ns, SumOfRatesPerNs(trial, v1::ROLE_RECEIVER, BytesOf));
  return bytes_per_ns * 8;  // bits per ns are gigabits per second
}

absl::StatusOr<double> MessagesPerNs(const v1::TrialRecord& trial, v1::Role role) {
  ASSIGN_OR_RETURN(const auto windows, WindowsOf(trial, role));
  for (const v1::WindowCounts* window : windows) {
    if (!window->has_messages()) {
      return Absent(absl::StrCat("a ", Label(role), " does not tell how many messages there were"));
    }
  }
  return SumOfRatesPerNs(trial, role, MessagesOf);
}

// A stream's receiver sees bytes and knows of no messages.
absl::StatusOr<double> MessagesPerSecond(const v1::TrialRecord& trial) {
  if (!Exchanges(trial.workload().pattern())) {
    ASSIGN_OR_RETURN(const double bytes_per_ns, SumOfRatesPerNs(trial, v1::ROLE_RECEIVER, BytesOf));
    return bytes_per_ns * 1e9 / static_cast<double>(trial.workload().message_bytes());
  }
  ASSIGN_OR_RETURN(const double messages_per_ns, MessagesPerNs(trial, v1::ROLE_RECEIVER));
  return messages_per_ns * 1e9;
}

absl::StatusOr<double> ExchangesPerSecond(const v1::TrialRecord& trial) {
  RETURN_IF_ERROR(CheckExchanges(trial));
  ASSIGN_OR_RETURN(const double exchanges_per_ns, MessagesPerNs(trial, v1::ROLE_SENDER));
  return exchanges_per_ns * 1e9;
}

// All but so many of 10000.
template <Timed kTimed, uint32_t kBeyond>
absl::StatusOr<double> LatencyBut(const v1::TrialRecord& trial) {
  return LatencyUs(trial, kTimed, kBeyond);
}

template <Timed kTimed>
absl::StatusOr<double> Longest(const v1::TrialRecord& trial) {
  return LongestLatencyUs(trial, kTimed);
}

absl::StatusOr<double> BytesPerSendCall(const v1::TrialRecord& trial) {
  RETURN_IF_ERROR(CheckCallsOfOneKind(trial));
  return RatioOfSums(trial, v1::ROLE_SENDER, {BytesOf, CallsOf, "no send call in the window"});
}

absl::StatusOr<double> CallMeanUs(const v1::TrialRecord& trial, v1::Role role) {
  RETURN_IF_ERROR(CheckCallsOfOneKind(trial));
  ASSIGN_OR_RETURN(const double mean_ns,
                   RatioOfSums(trial, role, {TimedNsOf, TimedCallsOf, "no call was timed"}));
  return mean_ns / 1000;
}

absl::StatusOr<double> SendCallMeanUs(const v1::TrialRecord& trial) {
  return CallMeanUs(trial, v1::ROLE_SENDER);
}

absl::StatusOr<double> RecvCallMeanUs(const v1::TrialRecord& trial) {
  return CallMeanUs(trial, v1::ROLE_RECEIVER);
}

absl::StatusOr<double> StagingCopyNs(const v1::TrialRecord& trial) {
  ASSIGN_OR_RETURN(const auto windows, SendersWindowsOf(trial));
  return RatioOfSums(windows, {TimedCopyNsOf, TimedCopiesOf, "no message was staged and timed"});
}

absl::StatusOr<double> CompletionWaitShare(const v1::TrialRecord& trial) {
  // Where nothing was pinned no buffer is ever the kernel's: none was waited for, and 0 would claim
  // that it had been measured.
  RETURN_IF_ERROR(ZeroCopySends(trial).status());
  ASSIGN_OR_RETURN(const auto windows, SendersWindowsOf(trial));
  return RatioOfSums(windows, {CompletionWaitNsOf, LengthNs, "no sender window"});
}

absl::StatusOr<double> CpuNsPerByte(const v1::TrialRecord& trial, v1::Role role) {
  ASSIGN_OR_RETURN(const double cpu_ns, ThreadCpuNs(trial, role));
  ASSIGN_OR_RETURN(const auto windows, WindowsOf(trial, role));
  double bytes = 0;
  for (const v1::WindowCounts* window : windows) bytes += BytesOf(*window);
  if (bytes == 0) return Absent(absl::StrCat("the ", Label(role), "s moved no byte in the window"));
  return cpu_ns / bytes;
}

absl::StatusOr<double> SenderCpuNsPerByte(const v1::TrialRecord& trial) {
  return CpuNsPerByte(trial, v1::ROLE_SENDER);
}

absl::StatusOr<double> ReceiverCpuNsPerByte(const v1::TrialRecord& trial) {
  return CpuNsPerByte(trial, v1::ROLE_RECEIVER);
}

absl::StatusOr<double> SenderRunDelayShare(const v1::TrialRecord& trial) {
  return RunDelayShare(trial, v1::ROLE_SENDER);
}

absl::StatusOr<double> ReceiverRunDelayShare(const v1::TrialRecord& trial) {
  return RunDelayShare(trial, v1::ROLE_RECEIVER);
}

// Absent where an agent did not tell of the end.
std::optional<uint32_t> CpuOf(const v1::AgentRecord& agent, const v1::FlowResult& end) {
  for (const v1::AppliedEnd& applied : agent.ready().ends()) {
    if (applied.flow() == end.flow() && applied.role() == end.role()) return applied.cpu();
  }
  return std::nullopt;
}

absl::StatusOr<double> IncomingOnOwnCpu(const v1::TrialRecord& trial) {
  double flows = 0, own = 0;
  for (const v1::AgentRecord& agent : trial.agents()) {
    ASSIGN_OR_RETURN(const auto ends, EndsOf(agent, v1::ROLE_RECEIVER));
    for (const v1::FlowResult* end : ends) {
      if (!end->has_incoming_cpu()) {
        return Absent("the kernel does not tell where it took the packets of a flow");
      }
      const std::optional<uint32_t> cpu = CpuOf(agent, *end);
      if (!cpu) return Absent("an agent did not tell on which CPU a data thread was");
      ++flows;
      if (*cpu == end->incoming_cpu()) ++own;
    }
  }
  if (flows == 0) return Absent("no end received");
  return own / flows;
}

// Those that networking causes; the record has the others, too.
enum class Kind { kNetRx, kNetTx, kTimer, kSched, kTasklet, kHrTimer, kRcu };

constexpr absl::string_view KindName(Kind kind) {
  constexpr absl::string_view kNames[] = {"NET_RX",  "NET_TX",  "TIMER", "SCHED",
                                          "TASKLET", "HRTIMER", "RCU"};
  return kNames[static_cast<size_t>(kind)];
}

template <Kind kKind>
absl::StatusOr<double> SoftirqsOf(const v1::TrialRecord& trial) {
  return Softirqs(trial, KindName(kKind));
}

constexpr Metric kMetrics[] = {
    {"window_s", "s", "length of the measured window, mean over the receivers", WindowSeconds},
    {"goodput_gbps", "Gbit/s",
     "payload the receivers took in their windows; of exchanges, with the responses they sent",
     GoodputGbps},
    {"messages_per_s", "1/s",
     "messages' worth of bytes the receivers took in their windows; of exchanges, requests "
     "answered",
     MessagesPerSecond},
    {"bytes_per_send_call", "B", "bytes accepted for each system call that sends",
     BytesPerSendCall},
    {"send_call_mean_us", "us", "mean time in a sending system call, of one call in 61",
     SendCallMeanUs},
    {"recv_call_mean_us", "us", "mean time in a receiving system call, of one call in 61",
     RecvCallMeanUs},
    {"staging_copy_ns", "ns",
     "mean time of one copy of a message in the sender's own memory, of one message in 61",
     StagingCopyNs},
    {"exchanges_per_s", "1/s", "exchanges that ended in the windows of the senders",
     ExchangesPerSecond},
    {"rr_latency_p50_us", "us", "latency of an exchange, median",
     LatencyBut<Timed::kExchange, 5000>},
    {"rr_latency_p90_us", "us", "latency that 90 % of exchanges do not exceed",
     LatencyBut<Timed::kExchange, 1000>},
    {"rr_latency_p99_us", "us", "latency that 99 % of exchanges do not exceed",
     LatencyBut<Timed::kExchange, 100>},
    {"rr_latency_p999_us", "us", "latency that 99.9 % of exchanges do not exceed",
     LatencyBut<Timed::kExchange, 10>},
    {"rr_latency_p9999_us", "us", "latency that 99.99 % of exchanges do not exceed",
     LatencyBut<Timed::kExchange, 1>},
    {"rr_latency_max_us", "us", "latency of the longest exchange", Longest<Timed::kExchange>},
    {"one_way_latency_p50_us", "us", "from the making of a request to its taking, median",
     LatencyBut<Timed::kOneWay, 5000>},
    {"one_way_latency_p99_us", "us", "one-way latency that 99 % of requests do not exceed",
     LatencyBut<Timed::kOneWay, 100>},
    {"buffer_reuse_p50_us", "us", "from sending a message to seeing its buffer complete, median",
     LatencyBut<Timed::kBufferReuse, 5000>},
    {"buffer_reuse_p99_us", "us", "time to reuse that 99 % of the timed buffers do not exceed",
     LatencyBut<Timed::kBufferReuse, 100>},
    {"copies_per_byte", "1", "copies of each payload byte, sender memory to receiver memory",
     CopiesPerByte},
    {"copies_per_byte_at_least", "1", "lower bound of copies_per_byte", CopiesPerByteAtLeast},
    {"copies_per_byte_at_most", "1", "upper bound of copies_per_byte", CopiesPerByteAtMost},
    {"sender_copies_per_byte", "1", "copies made by the sender and by its kernel's send calls",
     SenderCopiesPerByte},
    {"delivery_copies_per_byte_at_least", "1", "zero-copy sends copied on delivery, lower bound",
     DeliveryCopiesPerByteAtLeast},
    {"delivery_copies_per_byte_at_most", "1", "zero-copy sends copied on delivery, upper bound",
     DeliveryCopiesPerByteAtMost},
    {"receiver_copies_per_byte", "1", "copies to the receiver's memory", ReceiverCopiesPerByte},
    {"mapped_fraction", "1", "of the bytes delivered, those mapped instead of copied",
     MappedFraction},
    {"touched_per_byte", "1", "bytes written into messages before sending", TouchedPerByte},
    {"read_per_byte", "1", "bytes read after arrival", ReadPerByte},
    {"zero_copy_sends", "1", "send calls that asked for zero-copy and took bytes", ZeroCopySends},
    {"zero_copy_completions", "1", "zero-copy sends completed before the drain ended",
     ZeroCopyCompletions},
    {"zero_copy_copied", "1", "completed zero-copy sends the kernel says it copied",
     ZeroCopyCopied},
    {"buffer_waits", "1", "sends refused with ENOBUFS that waited for completions", BufferWaits},
    {"completion_wait_share", "1", "share of the senders' windows spent waiting for completions",
     CompletionWaitShare},
    {"sender_cpu_ns_per_byte", "ns/B", "CPU time of the senders' threads for each byte they moved",
     SenderCpuNsPerByte},
    {"receiver_cpu_ns_per_byte", "ns/B",
     "CPU time of the receivers' threads for each byte they moved", ReceiverCpuNsPerByte},
    {"sender_run_delay_share", "1",
     "share of their windows that the senders' threads could have run and had no CPU",
     SenderRunDelayShare},
    {"receiver_run_delay_share", "1",
     "share of their windows that the receivers' threads could have run and had no CPU",
     ReceiverRunDelayShare},
    {"host_cpu_ns_per_byte", "ns/B", "busy CPU time of the hosts, each counted once",
     HostCpuNsPerByte},
    {"host_cpu_resolution_ns_per_byte", "ns/B", "what a clock tick changes in host_cpu_ns_per_byte",
     HostCpuResolutionNsPerByte},
    {"host_steal_share", "1", "share of the hosts' CPU time that their hypervisor gave to others",
     HostStealShare},
    {"host_softirq_share", "1",
     "share of the hosts' busy CPU time that was in interrupts and softirqs", HostSoftirqShare},
    {"busiest_cpu_share", "1", "share of its time that the busiest CPU of all hosts was busy",
     BusiestCpuShare},
    {"host_softirqs_net_rx", "1", "how often softirqs of kind NET_RX ran on the hosts",
     SoftirqsOf<Kind::kNetRx>},
    {"host_softirqs_net_tx", "1", "how often softirqs of kind NET_TX ran on the hosts",
     SoftirqsOf<Kind::kNetTx>},
    {"host_softirqs_timer", "1", "how often softirqs of kind TIMER ran on the hosts",
     SoftirqsOf<Kind::kTimer>},
    {"host_softirqs_sched", "1", "how often softirqs of kind SCHED ran on the hosts",
     SoftirqsOf<Kind::kSched>},
    {"host_softirqs_tasklet", "1", "how often softirqs of kind TASKLET ran on the hosts",
     SoftirqsOf<Kind::kTasklet>},
    {"host_softirqs_hrtimer", "1", "how often softirqs of kind HRTIMER ran on the hosts",
     SoftirqsOf<Kind::kHrTimer>},
    {"host_softirqs_rcu", "1", "how often softirqs of kind RCU ran on the hosts",
     SoftirqsOf<Kind::kRcu>},
    {"incoming_on_own_cpu", "1",
     "share of the flows whose packets the receiving kernel took on the CPU of their data thread",
     IncomingOnOwnCpu},
    {"retransmits", "1", "TCP segments sent again", Retransmits},
    {"tcp_busy_share", "1",
     "share of the window in which TCP had something to send or to be acknowledged", TcpBusyShare},
    {"receive_window_limited_share", "1",
     "share of the window in which the peer's receive window kept TCP from sending more",
     ReceiveWindowLimitedShare},
    {"send_buffer_limited_share", "1",
     "share of the window in which the send buffer kept TCP from sending more",
     SendBufferLimitedShare},
    {"rtt_us", "us", "round trip as TCP smooths it, at the window's end", RttUs},
    {"congestion_window_bytes", "B", "what TCP let be on its way, at the window's end",
     CongestionWindowBytes},
    {"send_buffer_bytes_at_close", "B",
     "send buffer as the kernel had sized it by the window's end", SendBufferBytes},
    {"resent_share", "1", "share of the TCP segments in the window that were sent again",
     ResentShare},
    {"lost_share", "1", "share of the bytes accepted that never arrived, over the whole attempt",
     LostShare},
    {"transforms_per_byte", "1", "bytes encrypted or decrypted by the kernel; not a copy",
     TransformsPerByte},
};

}  // namespace

absl::Span<const Metric> Metrics() { return kMetrics; }

}  // namespace copycost::record
