#include "coordinator/record/bottleneck.h"

#include "tests/testing/record_builder.h"
#include "tests/testing/status_matchers.h"

namespace copycost::record {
namespace {

using ::copycost::testing::AgentOf;
using ::copycost::testing::AnswerRequests;
using ::copycost::testing::EndOf;
using ::copycost::testing::OkTrial;
using ::copycost::testing::StatusIs;
using ::testing::HasSubstr;

constexpr int64_t kWindowNs = 600'000'000;

// A flow of 8 Gbit/s that nothing holds back: threads with half of their time left, TCP without
// anything to do for most of its.
class BottleneckTest : public ::testing::Test {
 protected:
  BottleneckTest() {
    SetCpu(v1::ROLE_SENDER, 0.5);
    SetCpu(v1::ROLE_RECEIVER, 0.5);
    opened().set_sent_segments(1000);
    closed().set_at_ns(kWindowNs);
    closed().set_busy_ns(kWindowNs / 4);
    closed().set_sent_segments(101'000);
    closed().set_send_buffer_bytes(1 << 20);
    closed().set_congestion_window_segments(10);
    closed().set_mss_bytes(1448);
    v1::CpuTime& cpu = *Finished(v1::ROLE_RECEIVER).mutable_host_cpu()->add_cpus();
    cpu.set_user_ns(kWindowNs);
  }

  void SetCpu(v1::Role role, double share) {
    EndOf(trial_, role)
        .mutable_window()
        ->set_thread_cpu_ns(static_cast<int64_t>(share * kWindowNs));
  }
  void SetRunDelay(v1::Role role, double share) {
    auto& all = *Finished(role).mutable_thread_counts();
    v1::ThreadCounts& counts = all.empty() ? *all.Add() : all[0];
    counts.set_role(role);
    counts.set_interval_ns(kWindowNs);
    counts.set_run_delay_ns(static_cast<int64_t>(share * kWindowNs));
  }
  v1::Finished& Finished(v1::Role role) { return *AgentOf(trial_, role).mutable_finished(); }
  v1::TcpReading& opened() { return *EndOf(trial_, v1::ROLE_SENDER).mutable_tcp_opened(); }
  v1::TcpReading& closed() { return *EndOf(trial_, v1::ROLE_SENDER).mutable_tcp_closed(); }

  void Expect(v1::Bottleneck bottleneck) const {
    const auto told = BottleneckOf(trial_);
    ASSERT_OK(told);
    EXPECT_EQ(*told, bottleneck);
  }
  void ExpectNone() const { EXPECT_FALSE(BottleneckOf(trial_).ok()); }

  v1::TrialRecord trial_ = OkTrial();
};

TEST_F(BottleneckTest, WhatNothingExplainsIsAbsent) {
  EXPECT_THAT(BottleneckOf(trial_).status(),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("the senders' threads ran or waited for a CPU for 50 %")));
  EndOf(trial_, v1::ROLE_SENDER).clear_window();
  EXPECT_THAT(BottleneckOf(trial_).status(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("no window")));
}

TEST_F(BottleneckTest, CpusAreSpentAtNineTenths) {
  SetCpu(v1::ROLE_SENDER, 0.89);
  ExpectNone();
  SetCpu(v1::ROLE_SENDER, 0.91);
  Expect(v1::BOTTLENECK_SENDER_CPU);
  SetCpu(v1::ROLE_RECEIVER, 0.95);
  Expect(v1::BOTTLENECK_SENDER_CPU);
  // A sender that waits for the receiver's room is not what holds it back.
  closed().set_receive_window_limited_ns(kWindowNs * 6 / 10);
  Expect(v1::BOTTLENECK_RECEIVER_CPU);
  SetCpu(v1::ROLE_SENDER, 0.5);
  closed().set_receive_window_limited_ns(0);
  Expect(v1::BOTTLENECK_RECEIVER_CPU);
}

// Frames of 1538 bytes on the wire for 1448 of payload.
TEST_F(BottleneckTest, ALinkIsFullByWhatFramesTakeOfIt) {
  v1::AgentRecord& sender = AgentOf(trial_, v1::ROLE_SENDER);
  trial_.mutable_workload()->set_transport(v1::TRANSPORT_TCP);
  trial_.mutable_workload()->set_ip_version(v1::IP_VERSION_4);
  const uint64_t payload = EndOf(trial_, v1::ROLE_SENDER).window().bytes();
  closed().set_sent_segments(opened().sent_segments() + payload / 1448);
  ASSERT_GT(sender.ready().ends_size(), 0);
  v1::DataInterface& interface = *sender.mutable_ready()->mutable_ends(0)->mutable_interface();
  ExpectNone();  // of no speed that is told
  const auto goodput_mbps =
      static_cast<double>(EndOf(trial_, v1::ROLE_RECEIVER).window().bytes()) * 8e3 / kWindowNs;
  const auto wire_mbps = static_cast<uint32_t>(goodput_mbps * 1538 / 1448);
  for (const auto& [speed, full] : std::vector<std::pair<double, bool>>{
           {1.1, false}, {1.04, true}, {1.0, true}, {0.97, true}, {0.9, false}}) {
    interface.set_speed_mbps(static_cast<uint32_t>(wire_mbps * speed));
    if (full) {
      Expect(v1::BOTTLENECK_LINK);
    } else {
      ExpectNone();
    }
  }
  interface.set_speed_mbps(wire_mbps);
  // As many bytes in frames of which each is half as large take more.
  closed().set_sent_segments(opened().sent_segments() + payload / 724);
  ExpectNone();
  interface.set_speed_mbps(static_cast<uint32_t>(goodput_mbps * 814 / 724));
  Expect(v1::BOTTLENECK_LINK);
  trial_.mutable_workload()->set_pattern(v1::PATTERN_RR);
  EXPECT_NE(BottleneckOf(trial_).value_or(v1::BOTTLENECK_UNSPECIFIED), v1::BOTTLENECK_LINK);
}

TEST_F(BottleneckTest, AThreadWhoseCpuOthersHaveHasNoTimeLeftEither) {
  SetRunDelay(v1::ROLE_SENDER, 0.38);
  ExpectNone();
  SetRunDelay(v1::ROLE_SENDER, 0.42);
  Expect(v1::BOTTLENECK_SENDER_CPU);
}

TEST_F(BottleneckTest, AReaderOfAFullWindowMustHaveLessTimeLeft) {
  SetRunDelay(v1::ROLE_RECEIVER, 0.42);
  Expect(v1::BOTTLENECK_RECEIVER_CPU);
  closed().set_receive_window_limited_ns(kWindowNs * 6 / 10);
  Expect(v1::BOTTLENECK_RECEIVE_WINDOW);
  SetRunDelay(v1::ROLE_RECEIVER, 0.46);
  Expect(v1::BOTTLENECK_RECEIVER_CPU);
}

TEST_F(BottleneckTest, DatagramsThatAreLostAreWhatTheReceiverCouldNotTakeInTime) {
  trial_.mutable_workload()->set_transport(v1::TRANSPORT_UDP);
  SetCpu(v1::ROLE_SENDER, 0.95);
  Expect(v1::BOTTLENECK_SENDER_CPU);
  v1::FlowResult& receiver = EndOf(trial_, v1::ROLE_RECEIVER);
  receiver.set_total_bytes(receiver.total_bytes() / 2);
  Expect(v1::BOTTLENECK_LOSS);
  SetCpu(v1::ROLE_RECEIVER, 0.95);
  Expect(v1::BOTTLENECK_RECEIVER_CPU);
}

TEST_F(BottleneckTest, MoreThreadsThanCpusComeBeforeCpusThatAreSpent) {
  trial_.add_flags(v1::FLAG_OVERSUBSCRIBED);
  Expect(v1::BOTTLENECK_OVERSUBSCRIPTION);
  Finished(v1::ROLE_RECEIVER).mutable_host_cpu()->mutable_cpus(0)->set_idle_ns(kWindowNs);
  ExpectNone();  // they share a CPU that has time for both
}

TEST_F(BottleneckTest, ThreadsOfSeveralFlowsAreCountedOnce) {
  trial_ = OkTrial({.flows = 2, .flows_per_thread = 2});
  trial_.mutable_workload()->set_flows_per_thread(2);
  for (const int flow : {0, 1}) {
    EndOf(trial_, v1::ROLE_SENDER, flow).mutable_window()->set_thread_cpu_ns(kWindowNs * 95 / 100);
    EndOf(trial_, v1::ROLE_RECEIVER, flow).mutable_window()->set_thread_cpu_ns(kWindowNs / 2);
  }
  Expect(v1::BOTTLENECK_SENDER_CPU);
}

TEST_F(BottleneckTest, WhatWasAskedForIsNamed) {
  trial_.mutable_workload()->set_pacing_bits_per_s(8'800'000'000);
  Expect(v1::BOTTLENECK_PACING);
  trial_.mutable_workload()->set_pacing_bits_per_s(10'000'000'000);
  ExpectNone();
}

TEST_F(BottleneckTest, ExchangesWaitForOneAnotherOrKeepTheirRate) {
  AnswerRequests(trial_, v1::PATTERN_RR);
  Expect(v1::BOTTLENECK_ROUND_TRIP);
  SetCpu(v1::ROLE_RECEIVER, 0.95);
  Expect(v1::BOTTLENECK_RECEIVER_CPU);
  AnswerRequests(trial_, v1::PATTERN_PACED);
  Expect(v1::BOTTLENECK_RATE);
  trial_.add_flags(v1::FLAG_SATURATED);
  Expect(v1::BOTTLENECK_RECEIVER_CPU);
}

TEST_F(BottleneckTest, AShaperIsSeenByWhatItHeldBack) {
  auto& counts = *Finished(v1::ROLE_SENDER).mutable_link_counters()->mutable_counts();
  counts["qdisc.tbf.overlimits"] = 39;  // of 0.8 s of traffic
  ExpectNone();
  counts["qdisc.tbf.overlimits"] = 41;
  Expect(v1::BOTTLENECK_LINK);
  SetCpu(v1::ROLE_SENDER, 0.95);  // it has nothing more to send
  Expect(v1::BOTTLENECK_SENDER_CPU);
}

TEST_F(BottleneckTest, WhoWaitsForACpuBehindAShaperThatIsNeverIdleIsNotLate) {
  (*Finished(v1::ROLE_SENDER).mutable_link_counters()->mutable_counts())["qdisc.tbf.overlimits"] =
      1000;
  SetRunDelay(v1::ROLE_SENDER, 0.42);
  SetRunDelay(v1::ROLE_RECEIVER, 0.42);
  Expect(v1::BOTTLENECK_SENDER_CPU);
  closed().set_busy_ns(kWindowNs * 95 / 100);
  Expect(v1::BOTTLENECK_LINK);
  SetCpu(v1::ROLE_RECEIVER, 0.95);
  Expect(v1::BOTTLENECK_SENDER_CPU);
  SetCpu(v1::ROLE_RECEIVER, 0.5);
  closed().set_receive_window_limited_ns(kWindowNs * 6 / 10);
  Expect(v1::BOTTLENECK_RECEIVE_WINDOW);
}

TEST_F(BottleneckTest, AShaperOfWhatOnlyReceivesHoldsNothingBack) {
  (*Finished(v1::ROLE_RECEIVER).mutable_link_counters()->mutable_counts())["qdisc.tbf.overlimits"] =
      1000;
  ExpectNone();
}

TEST_F(BottleneckTest, CompletionsAreWaitedFor) {
  EndOf(trial_, v1::ROLE_SENDER).mutable_window()->set_completion_wait_ns(kWindowNs * 24 / 100);
  ExpectNone();
  EndOf(trial_, v1::ROLE_SENDER).mutable_window()->set_completion_wait_ns(kWindowNs * 26 / 100);
  Expect(v1::BOTTLENECK_COMPLETIONS);
}

TEST_F(BottleneckTest, TcpTellsWhatItWaitsFor) {
  closed().set_busy_ns(kWindowNs * 95 / 100);
  Expect(v1::BOTTLENECK_CONGESTION_WINDOW);
  closed().set_congestion_window_segments(1000);  // 1.4 MB, of a buffer of 1 MiB
  Expect(v1::BOTTLENECK_SEND_BUFFER);
  closed().set_retransmitted_segments(101);
  Expect(v1::BOTTLENECK_LOSS);
  closed().set_receive_window_limited_ns(kWindowNs * 6 / 10);
  Expect(v1::BOTTLENECK_RECEIVE_WINDOW);
}

TEST_F(BottleneckTest, TheKernelsOwnAccountOfTheSendBufferCounts) {
  closed().set_send_buffer_limited_ns(kWindowNs * 6 / 10);
  Expect(v1::BOTTLENECK_SEND_BUFFER);
}

TEST_F(BottleneckTest, WithoutTcpTheOtherRulesRemain) {
  EndOf(trial_, v1::ROLE_SENDER).clear_tcp_opened();
  EndOf(trial_, v1::ROLE_SENDER).clear_tcp_closed();
  ExpectNone();
  SetCpu(v1::ROLE_SENDER, 0.95);
  Expect(v1::BOTTLENECK_SENDER_CPU);
}

}  // namespace
}  // namespace copycost::record
