#include "coordinator/record/tcp.h"

#include "tests/testing/record_builder.h"
#include "tests/testing/status_matchers.h"

namespace copycost::record {
namespace {

using ::copycost::testing::EndOf;
using ::copycost::testing::OkTrial;
using ::copycost::testing::StatusIs;
using ::testing::HasSubstr;

// The readings of two flows' senders are 600 and 200 ms apart.
class RecordedTcpTest : public ::testing::Test {
 protected:
  RecordedTcpTest() {
    Tell(0, 600, 300, 60, 6);
    Tell(1, 200, 100, 20, 2);
  }

  void Tell(int flow, int64_t ms, int64_t busy_ms, int64_t window_ms, int64_t buffer_ms) {
    constexpr int64_t kMs = 1'000'000;
    v1::FlowResult& end = EndOf(trial_, v1::ROLE_SENDER, flow);
    v1::TcpReading& opened = *end.mutable_tcp_opened();
    opened.set_at_ns(1000 * kMs);
    opened.set_busy_ns(11 * kMs);
    opened.set_receive_window_limited_ns(7 * kMs);
    opened.set_send_buffer_limited_ns(3 * kMs);
    opened.set_rtt_us(99'999);
    v1::TcpReading& closed = *end.mutable_tcp_closed();
    closed.set_at_ns((1000 + ms) * kMs);
    closed.set_busy_ns((11 + busy_ms) * kMs);
    closed.set_receive_window_limited_ns((7 + window_ms) * kMs);
    closed.set_send_buffer_limited_ns((3 + buffer_ms) * kMs);
    closed.set_rtt_us(100 * (static_cast<uint32_t>(flow) + 1));
    closed.set_congestion_window_segments(10 * (static_cast<uint32_t>(flow) + 1));
    closed.set_mss_bytes(1448);
  }

  v1::TrialRecord trial_ = OkTrial({.flows = 2});
};

TEST_F(RecordedTcpTest, SharesAreOfTheTimeOfAllSenders) {
  EXPECT_DOUBLE_EQ(*TcpBusyShare(trial_), 400.0 / 800);
  EXPECT_DOUBLE_EQ(*ReceiveWindowLimitedShare(trial_), 80.0 / 800);
  EXPECT_DOUBLE_EQ(*SendBufferLimitedShare(trial_), 8.0 / 800);
}

TEST_F(RecordedTcpTest, WhatItWasInTheEndIsAMeanOverTheSenders) {
  EXPECT_DOUBLE_EQ(*RttUs(trial_), 150);
  EXPECT_DOUBLE_EQ(*CongestionWindowBytes(trial_), 15 * 1448);
}

TEST_F(RecordedTcpTest, AnotherTransportHasNone) {
  trial_.mutable_workload()->set_transport(v1::TRANSPORT_UNIX);
  EndOf(trial_, v1::ROLE_SENDER, 1).clear_tcp_closed();
  EXPECT_THAT(TcpBusyShare(trial_),
              StatusIs(absl::StatusCode::kFailedPrecondition, "unix is no TCP"));
  EXPECT_FALSE(RttUs(trial_).ok());
}

TEST_F(RecordedTcpTest, NoWindowNoFigure) {
  EndOf(trial_, v1::ROLE_SENDER, 1).clear_window();
  EXPECT_FALSE(TcpBusyShare(trial_).ok());
}

TEST_F(RecordedTcpTest, ReadingsAtOneInstantTellNoShare) {
  for (const int flow : {0, 1}) Tell(flow, 0, 0, 0, 0);
  EXPECT_FALSE(TcpBusyShare(trial_).ok());
}

}  // namespace
}  // namespace copycost::record
