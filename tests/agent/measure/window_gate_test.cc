#include "agent/measure/window_gate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/testing/fake_clock.h"

namespace copycost {
namespace {

using ::copycost::testing::FakeClock;

TEST(WindowGateTest, NeverGoesBack) {
  FakeClock clock;
  WindowGate gate(clock);
  EXPECT_EQ(gate.phase(), Phase::kWaiting);
  gate.Advance(Phase::kStop);
  gate.Advance(Phase::kRunning);
  EXPECT_EQ(gate.phase(), Phase::kStop);
}

TEST(WindowGateTest, LetsWaitingThreadsGoWhenTrafficStarts) {
  RealClock clock;
  WindowGate gate(clock);
  Phase seen = Phase::kWaiting;
  std::thread thread([&] {
    gate.AwaitStart();
    seen = gate.phase();
  });
  gate.Advance(Phase::kRunning);
  thread.join();
  EXPECT_EQ(seen, Phase::kRunning);
}

TEST(WindowGateTest, LetsWaitingThreadsGoWhenTheTrialIsStoppedBeforeItStarts) {
  RealClock clock;
  WindowGate gate(clock);
  std::thread thread([&] { gate.AwaitStart(); });
  gate.Advance(Phase::kStop);
  thread.join();
}

TEST(WindowGateTest, AwaitEndsWhenAThreadHasTakenItsReading) {
  RealClock clock;
  WindowGate gate(clock);
  std::atomic<bool> read = false;
  std::thread thread([&] {
    read = true;
    gate.Notify();
  });
  gate.Await([&] { return read.load(); }, absl::InfiniteFuture());
  EXPECT_TRUE(read);
  thread.join();
}

TEST(WindowGateTest, AwaitGivesUpAtItsDeadline) {
  FakeClock clock;
  WindowGate gate(clock);
  const absl::Time deadline = clock.Now() + absl::Milliseconds(1);
  gate.Await([] { return false; }, deadline);
  EXPECT_EQ(clock.Now(), deadline);
}

}  // namespace
}  // namespace copycost
