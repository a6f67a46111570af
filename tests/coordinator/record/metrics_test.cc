#include "coordinator/record/metrics.h"

#include <map>
#include <set>

#include "absl/strings/match.h"
#include "common/latency_buckets.h"
#include "coordinator/record/copies.h"
#include "tests/testing/record_builder.h"
#include "tests/testing/status_matchers.h"

namespace copycost::record {
namespace {

using ::copycost::testing::AddEnd;
using ::copycost::testing::AddEvidence;
using ::copycost::testing::AgentOf;
using ::copycost::testing::AnswerRequests;
using ::copycost::testing::EndOf;
using ::copycost::testing::OkTrial;
using ::copycost::testing::StatusIs;
using ::testing::_;
using ::testing::HasSubstr;

absl::StatusOr<double> Of(const v1::TrialRecord& trial, absl::string_view column) {
  for (const Metric& metric : Metrics()) {
    if (metric.column == column) return metric.of(trial);
  }
  return absl::NotFoundError(column);
}

void ExpectAbsent(const v1::TrialRecord& trial, absl::string_view column,
                  const std::string& reason) {
  EXPECT_THAT(Of(trial, column), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr(reason)))
      << column;
}

// A CPU that was seen busy for `user_ns` and 37 ms, and idle for 13; and softirqs of each kind.
void AddCpus(int64_t user_ns, v1::HostCpu& seen) {
  v1::CpuTime& cpu = *seen.add_cpus();
  cpu.set_user_ns(user_ns);
  cpu.set_softirq_ns(30'000'000);
  cpu.set_irq_ns(7'000'000);
  cpu.set_idle_ns(13'000'000);
  uint64_t count = 400;
  for (const char* kind : {"NET_RX", "NET_TX", "TIMER", "SCHED", "TASKLET", "HRTIMER", "RCU"}) {
    v1::SoftirqCount& softirqs = *seen.add_softirqs();
    softirqs.set_kind(kind);
    softirqs.set_count(++count);
  }
}

// Of half a second.
void AddRunDelay(v1::Role role, int64_t run_delay_ns, v1::TrialRecord& trial) {
  v1::ThreadCounts& counts = *AgentOf(trial, role).mutable_finished()->add_thread_counts();
  counts.set_role(role);
  counts.set_interval_ns(500'000'000);
  counts.set_run_delay_ns(run_delay_ns);
}

// Readings that are a second apart.
void TellTcp(v1::FlowResult& end) {
  v1::TcpReading& opened = *end.mutable_tcp_opened();
  opened.set_busy_ns(5);
  v1::TcpReading& closed = *end.mutable_tcp_closed();
  closed.set_at_ns(1'000'000'000);
  closed.set_busy_ns(510'000'005);
  closed.set_receive_window_limited_ns(130'000'000);
  closed.set_send_buffer_limited_ns(70'000'000);
  closed.set_rtt_us(187);
  closed.set_congestion_window_segments(11);
  closed.set_mss_bytes(1449);
  opened.set_sent_segments(100);
  opened.set_retransmitted_segments(2);
  closed.set_sent_segments(1100);
  closed.set_retransmitted_segments(5);
  closed.set_send_buffer_bytes(87'040);
}

// Every count of the record is another number.
v1::TrialRecord AllDifferent() {
  v1::TrialRecord trial = OkTrial({.mode = v1::SEND_MODE_ZERO_COPY});
  trial.mutable_workload()->set_receive_mode(v1::RECEIVE_MODE_MAPPED);
  v1::FlowResult& sender = EndOf(trial, v1::ROLE_SENDER);
  v1::WindowCounts& sent = *sender.mutable_window();
  sent.set_opened_ns(100);
  sent.set_closed_ns(100 + 500'000'000);
  sent.set_messages(7'001);
  sent.set_bytes(70'003'000);
  sent.set_calls(7'013);
  sent.set_timed_calls(109);
  sent.set_timed_call_ns(1'234'567);
  sent.set_thread_cpu_ns(417'000'000);
  sent.set_completion_wait_ns(31'000'000);
  sent.set_timed_copies(123);
  sent.set_timed_copy_ns(246'123);
  sender.set_total_bytes(90'000'000);
  sender.set_retransmitted_segments(17);
  sender.set_retransmitted_bytes(24'616);
  v1::Evidence& evidence = *sender.mutable_evidence();
  evidence.set_staged_bytes(1'100'000);
  evidence.set_kernel_copied_bytes(2'300'000);
  evidence.set_delivery_copied_low_bytes(53'000'000);
  evidence.set_delivery_copied_high_bytes(53'100'000);
  evidence.set_touched_bytes(81'000'000);
  evidence.set_zero_copy_sends(8'999);
  evidence.set_zero_copy_completions(8'998);
  evidence.set_zero_copy_copied(8'987);
  evidence.set_buffer_waits(3);
  v1::FlowResult& receiver = EndOf(trial, v1::ROLE_RECEIVER);
  v1::WindowCounts& taken = *receiver.mutable_window();
  taken.set_opened_ns(777);
  taken.set_closed_ns(777 + 400'000'000);
  taken.set_messages(6'007);
  taken.set_bytes(60'011'000);
  taken.set_calls(6'101);
  taken.set_timed_calls(95);
  taken.set_timed_call_ns(2'345'678);
  taken.set_thread_cpu_ns(219'000'000);
  receiver.set_total_bytes(90'000'000);
  receiver.set_retransmitted_segments(999);
  receiver.mutable_evidence()->set_receive_copied_bytes(88'000'000);
  receiver.mutable_evidence()->set_mapped_bytes(37'000'000);
  receiver.mutable_evidence()->set_read_bytes(71'000'000);
  evidence.set_transformed_bytes(89'000'000);
  receiver.mutable_evidence()->set_transformed_bytes(83'000'000);
  v1::HostCpu& seen_by_sender =
      *AgentOf(trial, v1::ROLE_SENDER).mutable_finished()->mutable_host_cpu();
  seen_by_sender.set_busy_ns(1'011'000'000);
  seen_by_sender.set_resolution_ns(41'000'000);
  v1::HostCpu& seen_by_receiver =
      *AgentOf(trial, v1::ROLE_RECEIVER).mutable_finished()->mutable_host_cpu();
  seen_by_receiver.set_busy_ns(1'033'000'000);
  seen_by_receiver.set_resolution_ns(43'000'000);
  seen_by_sender.set_steal_ns(19'000'000);
  seen_by_receiver.set_steal_ns(23'000'000);
  AddCpus(100'000'000, seen_by_sender);
  AddCpus(200'000'000, seen_by_receiver);
  TellTcp(sender);
  AddRunDelay(v1::ROLE_SENDER, 61'000'000, trial);
  AddRunDelay(v1::ROLE_RECEIVER, 67'000'000, trial);
  return trial;
}

// Pitfall 9: one metric's value under another's name. The expected values are written out from the
// inputs above, and they all differ.
TEST(MetricsTest, EachColumnHoldsItsOwnFigure) {
  const std::map<std::string, double> expected = {
      {"window_s", 0.4},
      {"goodput_gbps", 60'011'000 * 8 / 0.4 / 1e9},
      {"messages_per_s", 60'011'000 / 65536.0 / 0.4},
      {"bytes_per_send_call", 70'003'000.0 / 7'013},
      {"send_call_mean_us", 1'234.567 / 109},
      {"recv_call_mean_us", 2'345.678 / 95},
      {"staging_copy_ns", 246'123.0 / 123},
      {"copies_per_byte", (1.1 + 2.3 + 53.05 + 88) / 90},
      {"copies_per_byte_at_least", (1.1 + 2.3 + 53 + 88) / 90},
      {"copies_per_byte_at_most", (1.1 + 2.3 + 53.1 + 88) / 90},
      {"sender_copies_per_byte", (1.1 + 2.3) / 90},
      {"delivery_copies_per_byte_at_least", 53.0 / 90},
      {"delivery_copies_per_byte_at_most", 53.1 / 90},
      {"receiver_copies_per_byte", 88.0 / 90},
      {"mapped_fraction", 37.0 / 90},
      {"touched_per_byte", 81.0 / 90},
      {"read_per_byte", 71.0 / 90},
      {"zero_copy_sends", 8'999},
      {"zero_copy_completions", 8'998},
      {"zero_copy_copied", 8'987},
      {"buffer_waits", 3},
      {"completion_wait_share", 0.031 / 0.5},
      {"sender_cpu_ns_per_byte", 417.0 / 70.003},
      {"receiver_cpu_ns_per_byte", 219.0 / 60.011},
      {"host_cpu_ns_per_byte", 1033.0 * (2.0 / 3) / 60.011},
      {"host_cpu_resolution_ns_per_byte", 43.0 * (2.0 / 3) / 60.011},
      {"host_steal_share", 23.0 / (600 * 4.3)},
      {"host_softirq_share", (30.0 + 7) / (200 + 30 + 7)},
      {"busiest_cpu_share", 1 - 13.0 / 600},
      {"sender_run_delay_share", 61.0 / 500},
      {"receiver_run_delay_share", 67.0 / 500},
      {"host_softirqs_net_rx", 401},
      {"host_softirqs_net_tx", 402},
      {"host_softirqs_timer", 403},
      {"host_softirqs_sched", 404},
      {"host_softirqs_tasklet", 405},
      {"host_softirqs_hrtimer", 406},
      {"host_softirqs_rcu", 407},
      {"incoming_on_own_cpu", 1},
      {"retransmits", 17},
      {"tcp_busy_share", 0.51},
      {"receive_window_limited_share", 0.13},
      {"send_buffer_limited_share", 0.07},
      {"rtt_us", 187},
      {"congestion_window_bytes", 11 * 1449},
      {"send_buffer_bytes_at_close", 87'040},
      {"resent_share", 3.0 / 1000},
      {"buffer_reuse_p50_us", MiddleOfLatencyBucket(LatencyBucketOf(5'000)) / 1000},
      {"buffer_reuse_p99_us", MiddleOfLatencyBucket(LatencyBucketOf(70'000)) / 1000},
      {"transforms_per_byte", (89.0 + 83) / 90},
  };
  v1::TrialRecord trial = AllDifferent();
  for (v1::FlowResult& end : *trial.mutable_agents(0)->mutable_finished()->mutable_flows()) {
    v1::LatencyHistogram& reuse = *end.mutable_buffer_reuse();
    for (const auto& [ns, count] : {std::pair<uint64_t, uint64_t>{5'000, 98}, {70'000, 2}}) {
      reuse.add_buckets(LatencyBucketOf(ns));
      reuse.add_counts(count);
    }
    reuse.set_count(100);
    reuse.set_min_ns(5'000);
    reuse.set_max_ns(70'500);
  }
  std::set<double> seen;
  for (const Metric& metric : Metrics()) {
    const auto value = expected.find(std::string(metric.column));
    if (absl::StartsWith(metric.column, "rr_") || absl::StartsWith(metric.column, "one_way_") ||
        metric.column == "exchanges_per_s") {
      ExpectAbsent(trial, metric.column, "the pattern is stream");
      continue;
    }
    if (metric.column == "lost_share") {
      ExpectAbsent(trial, metric.column, "tcp loses nothing");
      continue;
    }
    ASSERT_NE(value, expected.end()) << metric.column;
    ASSERT_OK(metric.of(trial)) << metric.column;
    EXPECT_DOUBLE_EQ(*metric.of(trial), value->second) << metric.column;
    EXPECT_TRUE(seen.insert(value->second).second) << metric.column;
  }
  EXPECT_EQ(Metrics().size(), expected.size() + 10);
}

// The same with responses, whose counts are others again.
v1::TrialRecord AllDifferentBothWays() {
  v1::TrialRecord trial = AllDifferent();
  AnswerRequests(trial, v1::PATTERN_RR);
  v1::Responses& made = *EndOf(trial, v1::ROLE_RECEIVER).mutable_responses();
  made.set_total_bytes(10'000'000);
  v1::Evidence& sent = *made.mutable_evidence();
  sent.Clear();
  sent.set_staged_bytes(600'000);
  sent.set_kernel_copied_bytes(700'000);
  sent.set_delivery_copied_low_bytes(1'000'000);
  sent.set_delivery_copied_high_bytes(1'200'000);
  sent.set_delivery_basis(v1::BASIS_BY_CONSTRUCTION);
  sent.set_touched_bytes(9'000'000);
  sent.set_zero_copy_sends(101);
  sent.set_zero_copy_completions(102);
  sent.set_zero_copy_copied(103);
  sent.set_buffer_waits(4);
  v1::Responses& taken = *EndOf(trial, v1::ROLE_SENDER).mutable_responses();
  taken.set_total_bytes(10'000'000);
  v1::Evidence& received = *taken.mutable_evidence();
  received.Clear();
  received.set_receive_copied_bytes(8'000'000);
  received.set_mapped_bytes(2'000'000);
  received.set_read_bytes(5'000'000);
  sent.set_transformed_bytes(4'000'000);
  received.set_transformed_bytes(3'000'000);
  EndOf(trial, v1::ROLE_RECEIVER).mutable_window()->set_completion_wait_ns(5'000'000);
  return trial;
}

// Requests make 90 MB and responses 10; windows are of 0.5 s at the sender and 0.4 at the receiver.
TEST(MetricsTest, WhereRequestsAreAnsweredBothDirectionsCount) {
  const std::map<std::string, double> expected = {
      {"goodput_gbps", 60'011'000 * 8 / 0.4 / 1e9},
      {"messages_per_s", 6'007 / 0.4},
      {"exchanges_per_s", 7'001 / 0.5},
      {"rr_latency_max_us", 1000},
      {"copies_per_byte_at_least", (1.1 + 2.3 + 53 + 88 + 0.6 + 0.7 + 1.0 + 8) / 100},
      {"copies_per_byte_at_most", (1.1 + 2.3 + 53.1 + 88 + 0.6 + 0.7 + 1.2 + 8) / 100},
      {"copies_per_byte", (1.1 + 2.3 + 53.05 + 88 + 0.6 + 0.7 + 1.1 + 8) / 100},
      {"sender_copies_per_byte", (1.1 + 2.3 + 0.6 + 0.7) / 100},
      {"delivery_copies_per_byte_at_least", (53.0 + 1.0) / 100},
      {"delivery_copies_per_byte_at_most", (53.1 + 1.2) / 100},
      {"receiver_copies_per_byte", (88.0 + 8) / 100},
      {"mapped_fraction", (37.0 + 2) / 100},
      {"touched_per_byte", (81.0 + 9) / 100},
      {"read_per_byte", (71.0 + 5) / 100},
      {"zero_copy_sends", 8'999 + 101},
      {"zero_copy_completions", 8'998 + 102},
      {"zero_copy_copied", 8'987 + 103},
      {"buffer_waits", 3 + 4},
      {"completion_wait_share", (0.031 + 0.005) / (0.5 + 0.4)},
      {"sender_cpu_ns_per_byte", 417.0 / 70.003},
      {"receiver_cpu_ns_per_byte", 219.0 / 60.011},
      {"retransmits", 17 + 999},
      {"transforms_per_byte", (89.0 + 83 + 4 + 3) / 100},
  };
  const v1::TrialRecord trial = AllDifferentBothWays();
  for (const auto& [column, value] : expected) {
    ASSERT_OK(Of(trial, column)) << column;
    EXPECT_NEAR(*Of(trial, column), value, 1e-9 * value) << column;
  }
  for (const char* column : {"bytes_per_send_call", "send_call_mean_us", "recv_call_mean_us"}) {
    ExpectAbsent(trial, column, "calls of both kinds are counted together");
  }
}

TEST(MetricsTest, ResponsesThatAreNotToldLeaveCopiesUntold) {
  v1::TrialRecord trial = AllDifferentBothWays();
  EndOf(trial, v1::ROLE_RECEIVER).clear_responses();
  ExpectAbsent(trial, "copies_per_byte", "flow 0's receiver told nothing of its responses");
  trial = AllDifferentBothWays();
  EndOf(trial, v1::ROLE_SENDER).mutable_responses()->clear_evidence();
  ExpectAbsent(trial, "receiver_copies_per_byte", "flow 0's sender gave no evidence");
}

TEST(MetricsTest, CopiesPerByteOnVethAreTheSameInBothDirections) {
  for (const auto& [mode, copies] : std::map<v1::SendMode, double>{{v1::SEND_MODE_TWO_COPY, 3},
                                                                   {v1::SEND_MODE_ONE_COPY, 2},
                                                                   {v1::SEND_MODE_ZERO_COPY, 2}}) {
    v1::TrialRecord trial = OkTrial({.mode = mode});
    AnswerRequests(trial, v1::PATTERN_RR);
    EXPECT_DOUBLE_EQ(*Of(trial, "copies_per_byte"), copies);
  }
}

// Pitfall 6: what only reached the sender's socket buffer is no goodput.
TEST(MetricsTest, GoodputIsWhatTheReceiverTook) {
  v1::TrialRecord trial = OkTrial();
  EndOf(trial, v1::ROLE_SENDER).mutable_window()->set_bytes(900'000'000);
  EXPECT_DOUBLE_EQ(*Of(trial, "goodput_gbps"), 8);
}

TEST(MetricsTest, EachFlowsRateIsTakenOverItsOwnWindow) {
  v1::TrialRecord trial = OkTrial({.flows = 2});
  v1::WindowCounts& second = *EndOf(trial, v1::ROLE_RECEIVER, 1).mutable_window();
  second.set_closed_ns(second.opened_ns() + 300'000'000);  // as much in half the time
  EXPECT_DOUBLE_EQ(*Of(trial, "goodput_gbps"), 8 + 16);
  EXPECT_DOUBLE_EQ(*Of(trial, "window_s"), 0.45);
}

// Pitfall 3: only the receiver was counted.
TEST(MetricsTest, BothSidesCpuIsThere) {
  const v1::TrialRecord trial = OkTrial();
  EXPECT_DOUBLE_EQ(*Of(trial, "sender_cpu_ns_per_byte"), 0.5);
  EXPECT_DOUBLE_EQ(*Of(trial, "receiver_cpu_ns_per_byte"), 0.5);
}

// Pitfall 7: counted twice. Each flow of a thread tells all of the thread's time.
TEST(MetricsTest, TheCpuTimeOfAThreadIsCountedOnceHoweverManyFlowsItHas) {
  v1::TrialRecord trial = OkTrial({.flows = 8, .flows_per_thread = 4});
  for (const char* column : {"sender_cpu_ns_per_byte", "receiver_cpu_ns_per_byte"}) {
    EXPECT_DOUBLE_EQ(*Of(trial, column), 2 * 0.3 / (8 * 0.6)) << column;
  }
  EXPECT_DOUBLE_EQ(*Of(trial, "goodput_gbps"), 8 * 8);
  // Another thread's is its own, and that of one thread is the mean of what its flows tell.
  for (int flow : {4, 5, 6, 7}) {
    v1::WindowCounts& window = *EndOf(trial, v1::ROLE_SENDER, flow).mutable_window();
    window.set_thread_cpu_ns(flow == 4 ? 104'000'000 : 100'000'000);
  }
  EXPECT_DOUBLE_EQ(*Of(trial, "sender_cpu_ns_per_byte"), (0.3 + 0.101) / (8 * 0.6));
}

// Threads of two agents may have the same number.
TEST(MetricsTest, ThreadsOfTwoAgentsAreTwoThreads) {
  v1::TrialRecord trial = OkTrial();
  v1::AgentRecord other = trial.agents(0);
  other.mutable_prepare()->mutable_ends(0)->set_flow(1);
  other.mutable_finished()->mutable_flows(0)->set_flow(1);
  *trial.add_agents() = other;
  EXPECT_DOUBLE_EQ(*Of(trial, "sender_cpu_ns_per_byte"), 0.5);
}

// Pitfall 7: counted twice. The agents of a host each read all of its CPUs.
TEST(MetricsTest, AHostSharedByBothAgentsIsCountedOnce) {
  EXPECT_DOUBLE_EQ(*Of(OkTrial(), "host_cpu_ns_per_byte"), 1.5);
}

TEST(MetricsTest, TwoHostsAreEachDividedByTheirOwnBytesAndAdded) {
  v1::TrialRecord trial = AllDifferent();
  AgentOf(trial, v1::ROLE_RECEIVER).set_boot_id("boot-2");
  // The readings are 600 ms apart; the windows are shorter: 500 ms at the sender, at the receiver
  // 400.
  EXPECT_DOUBLE_EQ(*Of(trial, "host_cpu_ns_per_byte"),
                   1011.0 * (5.0 / 6) / 70.003 + 1033.0 * (2.0 / 3) / 60.011);
}

TEST(MetricsTest, TwoSendingHostsShareTheBytesOfIncast) {
  v1::TrialRecord trial = OkTrial({.flows = 2});
  AgentOf(trial, v1::ROLE_RECEIVER).set_boot_id("boot-2");
  // The sender's second flow moves to a third host with a reading of its own.
  v1::AgentRecord other = trial.agents(0);
  other.set_boot_id("boot-3");
  AgentOf(trial, v1::ROLE_SENDER).mutable_prepare()->mutable_ends()->RemoveLast();
  other.mutable_prepare()->mutable_ends()->DeleteSubrange(0, 1);
  *trial.add_agents() = other;
  EXPECT_DOUBLE_EQ(*Of(trial, "host_cpu_ns_per_byte"), 1800.0 / 1200 + 900.0 / 1200);
}

TEST(MetricsTest, AgentsThatPlayBothRolesAreReadOnce) {
  v1::TrialRecord trial = OkTrial();
  trial.mutable_agents()->RemoveLast();
  AddEvidence(v1::SEND_MODE_TWO_COPY, AddEnd(*trial.mutable_agents(0), v1::ROLE_RECEIVER, {}));
  EXPECT_DOUBLE_EQ(*Of(trial, "goodput_gbps"), 8);
  EXPECT_DOUBLE_EQ(*Of(trial, "host_cpu_ns_per_byte"), 1.5);
  EXPECT_DOUBLE_EQ(*Of(trial, "copies_per_byte"), 3);
}

TEST(MetricsTest, HostCpuIsAbsentWithoutAReadingOrAHost) {
  v1::TrialRecord trial = OkTrial();
  AgentOf(trial, v1::ROLE_RECEIVER).mutable_finished()->clear_host_cpu();
  ExpectAbsent(trial, "host_cpu_ns_per_byte", "'receiver' read no host CPU time");
  ExpectAbsent(trial, "host_steal_share", "'receiver' read no host CPU time");
  trial = OkTrial();
  AgentOf(trial, v1::ROLE_SENDER).clear_boot_id();
  ExpectAbsent(trial, "host_cpu_ns_per_byte", "'sender' did not say which host it is on");
}

// Two readings one after the other tell nothing of the window before them: 0 would claim idleness.
TEST(MetricsTest, HostCpuIsAbsentWhereItsReadingsAreMuchCloserThanTheWindowIsLong) {
  v1::TrialRecord trial = OkTrial();
  v1::HostCpu& cpu = *AgentOf(trial, v1::ROLE_RECEIVER).mutable_finished()->mutable_host_cpu();
  cpu.set_interval_ns(500'000'000);
  EXPECT_OK(Of(trial, "host_cpu_ns_per_byte"));
  cpu.set_interval_ns(12'000);
  cpu.set_busy_ns(0);
  for (const char* column : {"host_cpu_ns_per_byte", "host_cpu_resolution_ns_per_byte"}) {
    ExpectAbsent(trial, column, "over 12000 ns only");
  }
}

// Work in step with the clock's interrupts is not seen by a kernel that asks only then.
TEST(MetricsTest, HostCpuIsAbsentWhereItIsLessThanItsThreadsTook) {
  v1::TrialRecord trial = OkTrial();
  v1::HostCpu& cpu = *AgentOf(trial, v1::ROLE_RECEIVER).mutable_finished()->mutable_host_cpu();
  EndOf(trial, v1::ROLE_SENDER).mutable_window()->set_thread_cpu_ns(300'000'000);
  EndOf(trial, v1::ROLE_RECEIVER).mutable_window()->set_thread_cpu_ns(200'000'000);
  cpu.set_busy_ns(480'000'000);  // and two ticks
  EXPECT_OK(Of(trial, "host_cpu_ns_per_byte"));
  cpu.set_busy_ns(479'000'000);
  ExpectAbsent(trial, "host_cpu_ns_per_byte", "less time than its data threads alone ran");
  ExpectAbsent(trial, "host_cpu_resolution_ns_per_byte", "less time than its data threads");
}

TEST(MetricsTest, WaitsForACpuAreAbsentWhereAKernelDoesNotTell) {
  v1::TrialRecord trial = AllDifferent();
  AgentOf(trial, v1::ROLE_SENDER)
      .mutable_finished()
      ->mutable_thread_counts(0)
      ->clear_run_delay_ns();
  ExpectAbsent(trial, "sender_run_delay_share", "does not tell how long a thread waited");
  EXPECT_OK(Of(trial, "receiver_run_delay_share"));
  AgentOf(trial, v1::ROLE_RECEIVER).mutable_finished()->clear_thread_counts();
  ExpectAbsent(trial, "receiver_run_delay_share", "did not tell what it counted of a thread");
}

TEST(MetricsTest, StolenTimeIsAShareOfAllCpusOfAllHosts) {
  v1::TrialRecord trial = OkTrial();             // 600 ms of two CPUs
  EXPECT_EQ(*Of(trial, "host_steal_share"), 0);  // measured: nothing was stolen
  v1::HostCpu& receiver = *AgentOf(trial, v1::ROLE_RECEIVER).mutable_finished()->mutable_host_cpu();
  receiver.set_steal_ns(120'000'000);
  EXPECT_DOUBLE_EQ(*Of(trial, "host_steal_share"), 0.1);
  AgentOf(trial, v1::ROLE_RECEIVER).set_boot_id("boot-2");
  EXPECT_DOUBLE_EQ(*Of(trial, "host_steal_share"), 0.05);
  receiver.set_interval_ns(0);
  AgentOf(trial, v1::ROLE_SENDER).mutable_finished()->mutable_host_cpu()->set_interval_ns(0);
  ExpectAbsent(trial, "host_steal_share", "over no interval");
}

TEST(MetricsTest, CpusAndSoftirqsAreAbsentWhereNobodyTellsOfThem) {
  v1::TrialRecord trial = OkTrial();
  ExpectAbsent(trial, "busiest_cpu_share", "told of no single CPU");
  ExpectAbsent(trial, "host_softirq_share", "told of no single CPU");
  ExpectAbsent(trial, "host_softirqs_net_rx", "does not tell of NET_RX");
  ExpectAbsent(trial, "rtt_us", "is no TCP");
}

// Of two hosts that both tell, each once.
TEST(MetricsTest, CpusAndSoftirqsAreThoseOfAllHosts) {
  v1::TrialRecord trial = OkTrial();
  for (v1::Role role : {v1::ROLE_SENDER, v1::ROLE_RECEIVER}) {
    AddCpus(100'000'000, *AgentOf(trial, role).mutable_finished()->mutable_host_cpu());
  }
  EXPECT_DOUBLE_EQ(*Of(trial, "host_softirqs_net_rx"), 401);
  AgentOf(trial, v1::ROLE_RECEIVER).set_boot_id("boot-2");
  EXPECT_DOUBLE_EQ(*Of(trial, "host_softirqs_net_rx"), 802);
  AgentOf(trial, v1::ROLE_RECEIVER)
      .mutable_finished()
      ->mutable_host_cpu()
      ->mutable_cpus(0)
      ->set_idle_ns(0);
  EXPECT_DOUBLE_EQ(*Of(trial, "busiest_cpu_share"), 1);
}

TEST(MetricsTest, CopiesPerByteOnVethAreThoseOfTheDesign) {
  EXPECT_DOUBLE_EQ(*Of(OkTrial({.mode = v1::SEND_MODE_TWO_COPY}), "copies_per_byte"), 3);
  EXPECT_DOUBLE_EQ(*Of(OkTrial({.mode = v1::SEND_MODE_ONE_COPY}), "copies_per_byte"), 2);
  EXPECT_DOUBLE_EQ(*Of(OkTrial({.mode = v1::SEND_MODE_ZERO_COPY}), "copies_per_byte"), 2);
}

TEST(MetricsTest, CopiesThatAreOnlyBoundedAreGivenAsBounds) {
  v1::TrialRecord trial = OkTrial({.mode = v1::SEND_MODE_ZERO_COPY});
  EndOf(trial, v1::ROLE_SENDER).mutable_evidence()->set_delivery_copied_low_bytes(0);
  ExpectAbsent(trial, "copies_per_byte", "between 1.00 and 2.00");
  EXPECT_DOUBLE_EQ(*Of(trial, "copies_per_byte_at_least"), 1);
  EXPECT_DOUBLE_EQ(*Of(trial, "copies_per_byte_at_most"), 2);
}

TEST(MetricsTest, CopiesAreAbsentWhenAcceptedBytesWereNotDelivered) {
  v1::TrialRecord trial = OkTrial();
  EndOf(trial, v1::ROLE_RECEIVER).set_total_bytes(5'999'999'999);
  for (const char* column :
       {"copies_per_byte", "copies_per_byte_at_least", "copies_per_byte_at_most"}) {
    ExpectAbsent(trial, column, "6000000000 bytes were accepted but 5999999999 delivered");
  }
  EXPECT_DOUBLE_EQ(*Of(trial, "sender_copies_per_byte"), 2);
}

TEST(MetricsTest, ZeroCopySendsOfUnknownFateLeaveCopiesUntold) {
  v1::TrialRecord trial = OkTrial({.mode = v1::SEND_MODE_ZERO_COPY});
  EndOf(trial, v1::ROLE_SENDER).mutable_evidence()->clear_delivery_basis();
  ExpectAbsent(trial, "copies_per_byte", "what became of its zero-copy sends");
  ExpectAbsent(trial, "delivery_copies_per_byte_at_least", "what became of its zero-copy sends");
}

TEST(MetricsTest, WithoutEvidenceNothingIsSaidOfCopies) {
  v1::TrialRecord trial = OkTrial();
  EndOf(trial, v1::ROLE_SENDER).clear_evidence();
  ExpectAbsent(trial, "copies_per_byte", "flow 0's sender gave no evidence");
  ExpectAbsent(trial, "zero_copy_sends", "flow 0's sender gave no evidence");
}

TEST(MetricsTest, ZeroCopyCountsBelongToSendsThatAskedForIt) {
  for (const char* column : {"zero_copy_sends", "zero_copy_completions", "zero_copy_copied",
                             "buffer_waits", "completion_wait_share"}) {
    ExpectAbsent(OkTrial({.mode = v1::SEND_MODE_ONE_COPY}), column, "no send asked for zero-copy");
    EXPECT_OK(Of(OkTrial({.mode = v1::SEND_MODE_ZERO_COPY}), column));
  }
}

TEST(MetricsTest, TheBasisOfDeliveryCopiesIsTold) {
  v1::TrialRecord trial = OkTrial({.mode = v1::SEND_MODE_ZERO_COPY, .flows = 2});
  EndOf(trial, v1::ROLE_SENDER).mutable_evidence()->set_delivery_basis(v1::BASIS_OBSERVED);
  EXPECT_EQ(*DeliveryBasis(trial), "by construction");
  EXPECT_THAT(DeliveryBasis(OkTrial()), StatusIs(absl::StatusCode::kFailedPrecondition, _));
}

TEST(MetricsTest, ASumOverSomeOfTheFlowsIsNotGiven) {
  v1::TrialRecord trial = OkTrial({.flows = 2});
  AgentOf(trial, v1::ROLE_RECEIVER).mutable_finished()->mutable_flows()->RemoveLast();
  ExpectAbsent(trial, "goodput_gbps", "'receiver' left out flow 1's receiver");
  EXPECT_OK(Of(trial, "sender_cpu_ns_per_byte"));
}

TEST(MetricsTest, AnUnfinishedAgentLeavesItsFiguresUntold) {
  v1::TrialRecord trial = OkTrial();
  AgentOf(trial, v1::ROLE_RECEIVER).clear_finished();
  ExpectAbsent(trial, "goodput_gbps", "'receiver' did not finish");
  ExpectAbsent(v1::TrialRecord(), "goodput_gbps", "no agent was a receiver");
}

TEST(MetricsTest, VerifyTrialsHaveNoWindowButHaveCopies) {
  v1::TrialRecord trial = OkTrial();
  trial.mutable_workload()->set_messages_per_flow(100);
  EndOf(trial, v1::ROLE_SENDER).clear_window();
  EndOf(trial, v1::ROLE_RECEIVER).clear_window();
  for (const char* column : {"window_s", "goodput_gbps", "host_cpu_ns_per_byte"}) {
    ExpectAbsent(trial, column, "there is no window");
  }
  EXPECT_DOUBLE_EQ(*Of(trial, "copies_per_byte"), 3);
}

TEST(MetricsTest, MessagesThatAreNotToldAreNotNone) {
  v1::TrialRecord trial = OkTrial();
  AnswerRequests(trial, v1::PATTERN_RR);
  EXPECT_GT(*Of(trial, "messages_per_s"), 0);
  EndOf(trial, v1::ROLE_SENDER).mutable_window()->clear_messages();
  ExpectAbsent(trial, "exchanges_per_s", "a sender does not tell how many messages");
  EndOf(trial, v1::ROLE_RECEIVER).mutable_window()->clear_messages();
  ExpectAbsent(trial, "messages_per_s", "a receiver does not tell how many messages");
}

TEST(MetricsTest, NothingDividedByNothingIsAbsent) {
  v1::TrialRecord trial = OkTrial();
  for (v1::Role role : {v1::ROLE_SENDER, v1::ROLE_RECEIVER}) {
    v1::FlowResult& end = EndOf(trial, role);
    end.set_total_bytes(0);
    end.mutable_window()->set_bytes(0);
    end.mutable_window()->set_calls(0);
    end.mutable_window()->set_timed_calls(0);
  }
  for (const char* column :
       {"bytes_per_send_call", "send_call_mean_us", "recv_call_mean_us", "copies_per_byte",
        "sender_copies_per_byte", "sender_cpu_ns_per_byte", "host_cpu_ns_per_byte"}) {
    ExpectAbsent(trial, column, "");
  }
  EXPECT_EQ(*Of(trial, "goodput_gbps"), 0);  // measured: nothing arrived
}

TEST(MetricsTest, AnEmptyWindowHasNoRate) {
  v1::TrialRecord trial = OkTrial();
  v1::WindowCounts& window = *EndOf(trial, v1::ROLE_RECEIVER).mutable_window();
  window.set_closed_ns(window.opened_ns());
  ExpectAbsent(trial, "goodput_gbps", "flow 0's receiver had an empty window");
}

TEST(MetricsTest, RetransmissionsAreAbsentWhereTheTransportHasNone) {
  v1::TrialRecord trial = AllDifferent();
  trial.mutable_workload()->set_transport(v1::TRANSPORT_UNIX);
  for (v1::AgentRecord& agent : *trial.mutable_agents()) {
    for (v1::FlowResult& flow : *agent.mutable_finished()->mutable_flows()) {
      flow.clear_retransmitted_segments();
    }
  }
  ExpectAbsent(trial, "retransmits", "unix sends no segments");
}

TEST(MetricsTest, PacketsAreToldOfByWhereTheReceiversThreadIs) {
  v1::TrialRecord trial = OkTrial({.flows = 4});
  EndOf(trial, v1::ROLE_SENDER, 0).set_incoming_cpu(77);  // says nothing of the receiver
  EXPECT_EQ(*Of(trial, "incoming_on_own_cpu"), 1);
  EndOf(trial, v1::ROLE_RECEIVER, 3).set_incoming_cpu(77);
  EXPECT_EQ(*Of(trial, "incoming_on_own_cpu"), 0.75);
  EndOf(trial, v1::ROLE_RECEIVER, 1).clear_incoming_cpu();
  ExpectAbsent(trial, "incoming_on_own_cpu", "does not tell where it took the packets");
}

TEST(MetricsTest, CopiesThatAreUncertainWidenTheBoundsDownwards) {
  v1::TrialRecord trial = AllDifferent();
  trial.mutable_workload()->set_transport(v1::TRANSPORT_KTLS);
  EndOf(trial, v1::ROLE_SENDER).mutable_evidence()->set_uncertain_copied_bytes(2'300'000);
  EndOf(trial, v1::ROLE_RECEIVER).mutable_evidence()->set_uncertain_copied_bytes(88'000'000);
  EXPECT_NEAR(*Of(trial, "copies_per_byte_at_least"), (1.1 + 53) / 90, 1e-9);
  EXPECT_NEAR(*Of(trial, "copies_per_byte_at_most"), (1.1 + 2.3 + 53.1 + 88) / 90, 1e-9);
  ExpectAbsent(trial, "copies_per_byte", "known only to lie between");
  ExpectAbsent(trial, "sender_copies_per_byte", "ktls does not tell what it copied");
  ExpectAbsent(trial, "receiver_copies_per_byte", "ktls does not tell what it copied");
}

// What was lost was copied by the sender only; each byte that arrived was copied by both.
TEST(MetricsTest, OfDatagramsThoseThatArriveCount) {
  v1::TrialRecord trial = AllDifferent();
  trial.mutable_workload()->set_transport(v1::TRANSPORT_UDP);
  v1::FlowResult& sender = EndOf(trial, v1::ROLE_SENDER);
  sender.set_total_bytes(120'000'000);
  sender.mutable_evidence()->set_staged_bytes(120'000'000);
  sender.mutable_evidence()->set_kernel_copied_bytes(120'000'000);
  sender.mutable_evidence()->set_delivery_copied_low_bytes(0);
  sender.mutable_evidence()->set_delivery_copied_high_bytes(0);
  EndOf(trial, v1::ROLE_RECEIVER).mutable_evidence()->set_receive_copied_bytes(90'000'000);
  std::map<std::string, double> values;
  for (const Metric& metric : Metrics()) {
    if (const auto value = metric.of(trial); value.ok()) values[metric.column.data()] = *value;
  }
  EXPECT_DOUBLE_EQ(values.at("lost_share"), 0.25);
  EXPECT_DOUBLE_EQ(values.at("copies_per_byte"), 3);
  EXPECT_DOUBLE_EQ(values.at("goodput_gbps"), 60'011'000 * 8 / 0.4 / 1e9);
}

}  // namespace
}  // namespace copycost::record
