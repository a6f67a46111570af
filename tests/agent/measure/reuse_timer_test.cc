#include "agent/measure/reuse_timer.h"

#include "agent/content/content.h"
#include "agent/measure/window_gate.h"
#include "agent/send_modes/send_modes.h"
#include "agent/transport/tcp.h"
#include "common/clock.h"
#include "common/mode_traits.h"
#include "common/words.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

constexpr int64_t kHourNs = 3'600'000'000'000;

class ReuseTimerTest : public ::testing::Test {
 protected:
  void OpenWindow(int64_t from_now, int64_t length) {
    const int64_t opens = MonotonicNanos() + from_now;
    meter_.Schedule(opens, opens + length, {});
  }
  void BeginAll(uint32_t messages) {
    for (uint32_t i = 0; i < messages; ++i) timer_.Begin(7);
  }

  RealClock clock_;
  WindowGate gate_{clock_};
  FlowMeter meter_{gate_};
  ReuseTimer timer_{meter_};
};

TEST_F(ReuseTimerTest, TimesTheFirstMessageAndThenOneOfManyMore) {
  OpenWindow(-kHourNs, 2 * kHourNs);
  timer_.Begin(3);
  EXPECT_TRUE(timer_.running());
  EXPECT_EQ(timer_.buffer(), 3u);
  timer_.End();
  EXPECT_FALSE(timer_.running());
  BeginAll(ReuseTimer::kTimedEvery - 1);
  EXPECT_FALSE(timer_.running());
  timer_.Begin(5);
  EXPECT_TRUE(timer_.running());
  EXPECT_EQ(timer_.buffer(), 5u);
  timer_.End();
  EXPECT_EQ(timer_.Tell().count(), 2u);
}

TEST_F(ReuseTimerTest, OneIsTimedAtATimeHoweverLongItTakes) {
  OpenWindow(-kHourNs, 2 * kHourNs);
  timer_.Begin(3);
  BeginAll(3 * ReuseTimer::kTimedEvery);
  EXPECT_EQ(timer_.buffer(), 3u);
  timer_.End();
  timer_.Begin(4);  // long due
  EXPECT_TRUE(timer_.running());
  EXPECT_EQ(timer_.buffer(), 4u);
}

TEST_F(ReuseTimerTest, WhatEndsOutsideTheWindowDoesNotCount) {
  OpenWindow(kHourNs, kHourNs);
  timer_.Begin(3);
  timer_.End();
  EXPECT_EQ(timer_.Tell().count(), 0u);
  EXPECT_FALSE(timer_.running());
}

TEST_F(ReuseTimerTest, ModesThatLendTheirBuffersTellWhenTheyHaveThemBack) {
  OpenWindow(-kHourNs, 2 * kHourNs);
  for (const SendModeRow& row : SendModes()) {
    if (!PinsBuffers(row.mode) || !row.probe().ok()) continue;
    SCOPED_TRACE(Label(row.mode));
    ReuseTimer timer(meter_);
    FlowCounters counters;
    const SocketPair pair = *ConnectLoopbackPair();
    const std::unique_ptr<Content> content = *MakeContent(v1::TOUCH_FIELDS, 0);
    const std::unique_ptr<Sender> sender = row.make();
    ASSERT_OK(sender->Open({.message_bytes = 8192,
                            .fields = 2,
                            .ring_depth = 2,
                            .path = DataPath::kLocalDelivery,
                            .counters = counters,
                            .reuse = &timer},
                           pair.client.get(), *content));
    ASSERT_OK(sender->Send(1));
    EXPECT_TRUE(timer.running());
    ASSERT_OK(sender->Drain(MonotonicTime() + absl::Minutes(1)));
    EXPECT_FALSE(timer.running());
    EXPECT_EQ(timer.Tell().count(), 1u);
  }
}

TEST_F(ReuseTimerTest, WithoutAWindowNothingCounts) {
  timer_.Begin(3);
  timer_.End();
  EXPECT_EQ(timer_.Tell().count(), 0u);
}

}  // namespace
}  // namespace copycost
