#include "agent/measure/flow_meter.h"

#include <gtest/gtest.h>

#include <future>
#include <limits>
#include <thread>
#include <vector>

#include "tests/testing/fake_clock.h"
#include "tests/testing/fake_counters.h"

namespace copycost {
namespace {

using ::copycost::testing::FakeClock;
using ::copycost::testing::FakeCounters;
using ::copycost::testing::GroupOf;
using Edge = FlowMeter::Edge;

constexpr int64_t kLongAgo = 1;
constexpr int64_t kNotYet = std::numeric_limits<int64_t>::max();
constexpr int kMostPassesToALook = 64;

// Instants are long ago or not yet, so that no test depends on how fast it runs.
class FlowMeterTest : public ::testing::Test {
 protected:
  // As many passes as it may take the data thread to look at the clock.
  void PassUntilItHasLooked() {
    for (int i = 0; i < kMostPassesToALook; ++i) meter_.Pass();
  }

  void Due(int64_t open_ns, int64_t close_ns) { meter_.Schedule(open_ns, close_ns, {}); }

  FakeClock clock_;
  WindowGate gate_{clock_};
  FlowMeter meter_{gate_};
};

TEST_F(FlowMeterTest, TheThreadsOwnReadingsBoundItsWindow) {
  Due(kLongAgo, kNotYet);
  meter_.counters().bytes.Add(1000);
  PassUntilItHasLooked();
  meter_.counters().messages.Add(3);
  meter_.counters().bytes.Add(300);
  meter_.counters().calls.Add(4);
  meter_.counters().timed_calls.Add(1);
  meter_.counters().timed_call_ns.Add(77);
  meter_.counters().completion_wait_ns.Add(55);
  Due(kLongAgo, kLongAgo);
  PassUntilItHasLooked();
  meter_.counters().bytes.Add(20);
  PassUntilItHasLooked();
  const auto window = meter_.Window();
  ASSERT_TRUE(window.has_value());
  EXPECT_EQ(window->messages(), 3u);
  EXPECT_EQ(window->bytes(), 300u);
  EXPECT_EQ(window->calls(), 4u);
  EXPECT_EQ(window->timed_calls(), 1u);
  EXPECT_EQ(window->timed_call_ns(), 77);
  EXPECT_EQ(window->completion_wait_ns(), 55);
  EXPECT_GE(window->thread_cpu_ns(), 0);
  EXPECT_GT(window->closed_ns(), window->opened_ns());
}

TEST_F(FlowMeterTest, ThereIsNoWindowBeforeBothReadings) {
  EXPECT_FALSE(meter_.Window().has_value());
  Due(kLongAgo, kNotYet);
  PassUntilItHasLooked();
  EXPECT_TRUE(meter_.HasRead(Edge::kOpen));
  EXPECT_FALSE(meter_.HasRead(Edge::kClose));
  EXPECT_FALSE(meter_.Window().has_value());
  Due(kLongAgo, kLongAgo);
  PassUntilItHasLooked();
  EXPECT_TRUE(meter_.Window().has_value());
}

TEST_F(FlowMeterTest, ReadsNothingBeforeItsTime) {
  Due(kNotYet, kNotYet);
  for (int i = 0; i < 10; ++i) PassUntilItHasLooked();
  EXPECT_FALSE(meter_.HasRead(Edge::kOpen));
  EXPECT_FALSE(meter_.HasRead(Edge::kClose));
}

TEST_F(FlowMeterTest, TellsWhatLiesInItsWindow) {
  EXPECT_FALSE(meter_.InWindow(5, 6)) << "there is none";
  Due(100, 200);
  EXPECT_TRUE(meter_.InWindow(100, 200));
  EXPECT_FALSE(meter_.InWindow(99, 150));
  EXPECT_FALSE(meter_.InWindow(150, 201));
}

TEST_F(FlowMeterTest, AFlowWithoutAWindowIsNeverRead) {
  for (int i = 0; i < 10; ++i) PassUntilItHasLooked();
  EXPECT_FALSE(meter_.HasRead(Edge::kOpen));
  EXPECT_FALSE(meter_.Window().has_value());
}

TEST_F(FlowMeterTest, AFastThreadLooksAtTheClockOftenEnough) {
  Due(kNotYet, kNotYet);
  for (int i = 0; i < 100'000; ++i) meter_.Pass();  // longest stride
  Due(kLongAgo, kNotYet);
  PassUntilItHasLooked();
  EXPECT_TRUE(meter_.HasRead(Edge::kOpen));
}

TEST_F(FlowMeterTest, GoesOnUntilTheGateSaysStop) {
  EXPECT_TRUE(meter_.Pass());
  gate_.Advance(Phase::kRunning);
  EXPECT_TRUE(meter_.Pass());
  gate_.Advance(Phase::kStop);
  EXPECT_FALSE(meter_.Pass());
}

TEST_F(FlowMeterTest, ABlockedThreadIsReadByTheRunner) {
  meter_.counters().bytes.Add(1000);
  meter_.Read(Edge::kOpen);
  meter_.Read(Edge::kClose);
  const auto window = meter_.Window();
  ASSERT_TRUE(window.has_value());
  EXPECT_EQ(window->bytes(), 0u);
}

TEST_F(FlowMeterTest, AThreadThatWakesLateDoesNotMoveTheRunnersReadings) {
  Due(kLongAgo, kLongAgo);
  meter_.counters().bytes.Add(1000);
  meter_.Read(Edge::kOpen);
  meter_.counters().bytes.Add(200);
  meter_.Read(Edge::kClose);
  meter_.counters().bytes.Add(30);
  PassUntilItHasLooked();
  EXPECT_EQ(meter_.Window()->bytes(), 200u);
}

TEST_F(FlowMeterTest, TheRunnerDoesNotMoveTheThreadsReadings) {
  Due(kLongAgo, kNotYet);
  PassUntilItHasLooked();
  meter_.counters().bytes.Add(200);
  meter_.Read(Edge::kOpen);
  Due(kLongAgo, kLongAgo);
  PassUntilItHasLooked();
  meter_.counters().bytes.Add(30);
  meter_.Read(Edge::kClose);
  EXPECT_EQ(meter_.Window()->bytes(), 200u);
}

TEST_F(FlowMeterTest, AThreadThatRunsReadsThoseThatDoNot) {
  FlowMeter other(gate_);
  FlowMeter* const flows[] = {&meter_, &other};
  meter_.Schedule(kLongAgo, kNotYet, flows);
  other.counters().bytes.Add(1000);
  PassUntilItHasLooked();
  EXPECT_TRUE(other.HasRead(Edge::kOpen));
  EXPECT_FALSE(other.HasRead(Edge::kClose));
  other.counters().bytes.Add(70);
  meter_.Schedule(kLongAgo, kLongAgo, flows);
  PassUntilItHasLooked();
  ASSERT_TRUE(other.Window().has_value());
  EXPECT_EQ(other.Window()->bytes(), 70u);
}

TEST_F(FlowMeterTest, OneMeterLooksForAllFlowsOfItsThreadAtTheSameTime) {
  FlowMeter other(gate_);
  FlowMeter* const flows_of_thread[] = {&meter_, &other};
  meter_.LookFor(flows_of_thread);
  Due(std::numeric_limits<int64_t>::max() / 2, kNotYet);
  PassUntilItHasLooked();
  EXPECT_FALSE(other.HasRead(Edge::kOpen));
  Due(MonotonicNanos(), kNotYet);  // nobody would have been late yet
  PassUntilItHasLooked();
  EXPECT_TRUE(other.HasRead(Edge::kOpen));
  EXPECT_FALSE(other.HasRead(Edge::kClose));
}

TEST_F(FlowMeterTest, TheRunnersReadingTellsTheDataThreadsCpuTimeNotItsOwn) {
  std::promise<void> adopted, over;
  std::thread blocked([&] {
    EXPECT_TRUE(meter_.Adopt(::pthread_self()).ok());
    adopted.set_value();
    over.get_future().wait();
  });
  adopted.get_future().wait();
  const auto own_cpu_ns = [] {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1'000'000'000 + now.tv_nsec;
  };
  meter_.Read(Edge::kOpen);
  const int64_t burned_until = own_cpu_ns() + 5'000'000;
  while (own_cpu_ns() < burned_until) {
  }
  meter_.Read(Edge::kClose);
  over.set_value();
  blocked.join();
  EXPECT_LT(meter_.Window()->thread_cpu_ns(), 5'000'000);
}

// Its CPU clock is gone: a reading would tell no time where there was some.
TEST_F(FlowMeterTest, AThreadThatHasEndedIsNotReadAnyMore) {
  clockid_t cpu_clock = CLOCK_THREAD_CPUTIME_ID;
  std::thread ended([&] {
    EXPECT_TRUE(meter_.Adopt(::pthread_self()).ok());
    EXPECT_EQ(::pthread_getcpuclockid(::pthread_self(), &cpu_clock), 0);
  });
  ended.join();
  // The kernel takes a moment longer to forget it.
  for (timespec now{}; ::clock_gettime(cpu_clock, &now) == 0;) std::this_thread::yield();
  meter_.Read(Edge::kOpen);
  meter_.Read(Edge::kClose);
  EXPECT_FALSE(meter_.HasRead(Edge::kClose));
  EXPECT_FALSE(meter_.Window().has_value());
}

// For ThreadSanitizer, too: the runner reads while the thread counts, and may read, too.
TEST_F(FlowMeterTest, TheRunnerMayReadWhileTheThreadRuns) {
  RealClock clock;
  for (int round = 0; round < 50; ++round) {
    WindowGate gate(clock);
    FlowMeter meter(gate);
    std::promise<void> ready;
    std::thread data_thread([&] {
      EXPECT_TRUE(meter.Adopt(::pthread_self()).ok());
      ready.set_value();
      gate.AwaitStart();
      while (meter.Pass()) meter.counters().bytes.Add(1);
    });
    ready.get_future().wait();
    meter.Schedule(kLongAgo, kNotYet, {});
    gate.Advance(Phase::kRunning);
    meter.Read(Edge::kOpen);
    while (!meter.HasRead(Edge::kOpen)) std::this_thread::yield();
    meter.Read(Edge::kClose);
    gate.Advance(Phase::kStop);
    data_thread.join();
    const auto window = meter.Window();
    ASSERT_TRUE(window.has_value());
    EXPECT_LE(window->bytes(), meter.counters().bytes.Get());
    EXPECT_GE(window->closed_ns(), window->opened_ns());
  }
}

TEST_F(FlowMeterTest, WhatElseIsCountedOfTheThreadIsOfItsWindow) {
  FakeCounters source;
  const std::vector<v1::EventGroup> groups = {GroupOf({"cycles"})};
  ThreadCounters thread(source, groups);
  meter_.Count(thread);
  Due(kLongAgo, kNotYet);
  PassUntilItHasLooked();
  EXPECT_EQ(thread.Tell().events(0).absent(), "its window did not close");
  Due(kLongAgo, kLongAgo);
  PassUntilItHasLooked();
  EXPECT_EQ(thread.Tell().events(0).value(), 1000u);
}

// Whose table of open files does not have the counters.
TEST_F(FlowMeterTest, AnotherDataThreadReadsNoCounters) {
  FakeCounters source;
  const std::vector<v1::EventGroup> groups = {GroupOf({"cycles"})};
  ThreadCounters thread(source, groups);
  FlowMeter other(gate_);
  other.Count(thread);
  FlowMeter* const meters[] = {&meter_, &other};
  meter_.Schedule(kLongAgo, kLongAgo, meters);
  PassUntilItHasLooked();
  EXPECT_TRUE(other.HasRead(Edge::kClose));
  EXPECT_NE(thread.Tell().events(0).absent(), "");
  for (const Edge edge : {Edge::kOpen, Edge::kClose}) other.CountThread(edge);
  EXPECT_EQ(thread.Tell().events(0).value(), 1000u);
}

TEST_F(FlowMeterTest, AWindowThatOnlyClosedCountedNothing) {
  FakeCounters source;
  const std::vector<v1::EventGroup> groups = {GroupOf({"cycles"})};
  ThreadCounters thread(source, groups);
  meter_.Count(thread);
  Due(kNotYet, kLongAgo);
  PassUntilItHasLooked();
  EXPECT_NE(thread.Tell().events(0).absent(), "");
}

}  // namespace
}  // namespace copycost
