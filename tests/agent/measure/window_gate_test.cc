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

}  // namespace
}  // namespace copycost
