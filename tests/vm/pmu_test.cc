// The counters of agent/measure on a PMU that counts exactly: that of QEMU's emulated ARM
// processor, where every instruction takes as long (-icount). Built and run by pmu.sh, in a guest,
// as root.
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/measure/counting_plan.h"
#include "agent/measure/event_counters.h"
#include "agent/measure/perf_counters.h"
#include "agent/measure/profiler.h"
#include "agent/measure/thread_counters.h"
#include "gmock/gmock.h"
#include "tests/testing/status_matchers.h"

namespace copycost {

constexpr uint64_t kInstructionsPerTurn = 6;

// Not in an unnamed namespace: its name is looked for.
[[gnu::noinline]] void TurnForCounters(uint64_t turns) {
  asm volatile(
      "1: subs %0, %0, #1\n"
      "   nop\n"
      "   nop\n"
      "   nop\n"
      "   nop\n"
      "   b.ne 1b\n"
      : "+r"(turns)
      :
      : "cc");
}

namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;

std::vector<v1::EventGroup> GroupsOf(const std::vector<std::vector<std::string>>& groups) {
  std::vector<v1::EventGroup> all;
  for (const std::vector<std::string>& events : groups) {
    v1::EventGroup& group = all.emplace_back();
    for (const std::string& event : events) group.add_events(event);
  }
  return all;
}

std::vector<v1::EventCount> CountTurns(const std::vector<std::vector<std::string>>& groups,
                                       uint64_t turns,
                                       const CounterTarget& target = CounterTarget::ThisThread()) {
  PerfCounters source;
  EventCounters counters(source, GroupsOf(groups), target);
  counters.Begin();
  TurnForCounters(turns);
  counters.End();
  return counters.Tell();
}

double Scaled(const v1::EventCount& count) {
  return static_cast<double>(count.value()) * static_cast<double>(count.enabled_ns()) /
         static_cast<double>(count.running_ns());
}

TEST(PmuTest, InstructionsOfALoopOfKnownLength) {
  for (const uint64_t turns : {1'000'000, 2'000'000, 4'000'000}) {
    const std::vector<v1::EventCount> counts = CountTurns({{"cycles", "instructions"}}, turns);
    const v1::EventCount& instructions = counts[1];
    ASSERT_EQ(instructions.absent(), "");
    EXPECT_FALSE(instructions.user_only());
    EXPECT_EQ(instructions.running_ns(), instructions.enabled_ns());
    const auto expected = static_cast<double>(turns * kInstructionsPerTurn);
    std::cout << turns << " turns: " << counts[0].value() << " cycles, " << instructions.value()
              << " instructions for " << expected << "\n";
    EXPECT_THAT(static_cast<double>(instructions.value()),
                AllOf(Ge(expected), Le(expected * 1.01)));
  }
}

TEST(PmuTest, CyclesGrowWithTheLoop) {
  const double once = static_cast<double>(CountTurns({{"cycles"}}, 1'000'000)[0].value());
  const double thrice = static_cast<double>(CountTurns({{"cycles"}}, 3'000'000)[0].value());
  EXPECT_GT(once, 0);
  EXPECT_NEAR(thrice / once, 3, 0.03);
}

TEST(PmuTest, ACpuIsCountedToo) {
  const std::vector<v1::EventCount> counts =
      CountTurns({{"instructions"}}, 1'000'000, CounterTarget::Cpu(0));
  ASSERT_EQ(counts[0].absent(), "");
  EXPECT_GE(counts[0].value(), 1'000'000 * kInstructionsPerTurn);
}

// A thread's own: what another one does meanwhile on the same CPU is not in it.
TEST(PmuTest, AnotherThreadsInstructionsAreNotItsOwn) {
  PerfCounters source;
  const std::vector<v1::EventGroup> groups = GroupsOf({{"instructions"}});
  EventCounters counters(source, groups, CounterTarget::ThisThread());
  counters.Begin();
  std::thread([] { TurnForCounters(10'000'000); }).join();
  counters.End();
  EXPECT_LT(counters.Tell()[0].value(), 10'000'000u);
}

TEST(PmuTest, WhatThePmuLacksIsAbsentAndSaysSo) {
  const std::vector<v1::EventCount> counts =
      CountTurns({{"L1-dcache-load-misses"}, {"LLC-load-misses"}, {"instructions"}}, 1'000'000);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_THAT(counts[i].absent(),
                AllOf(HasSubstr("perf_event_open: "), HasSubstr("this PMU does not count it")));
    EXPECT_EQ(counts[i].value(), 0u);
  }
  EXPECT_EQ(counts[2].absent(), "");  // beside what is absent
}

// One that may not count what is done in the kernel is told what it may, by its name.
TEST(PmuTest, WithoutPrivilegesUserModeAloneIsCounted) {
  std::ofstream("/proc/sys/kernel/perf_event_paranoid") << 2;
  std::thread([] {
    ASSERT_EQ(::syscall(SYS_setresuid, 65534, 65534, 65534), 0);  // this thread's alone
    const std::vector<v1::EventCount> counts = CountTurns({{"instructions"}}, 1'000'000);
    ASSERT_EQ(counts[0].absent(), "");
    EXPECT_TRUE(counts[0].user_only());
    const auto expected = static_cast<double>(1'000'000 * kInstructionsPerTurn);
    EXPECT_THAT(static_cast<double>(counts[0].value()), AllOf(Ge(expected), Le(expected * 1.001)));
  }).join();
}

TEST(PmuTest, MoreEventsThanCountersAreScaledToTheirTime) {
  constexpr uint64_t kTurns = 50'000'000;
  const std::vector<v1::EventCount> counts =
      CountTurns(std::vector<std::vector<std::string>>(12, {"instructions"}), kTurns);
  int shared = 0;
  for (const v1::EventCount& count : counts) {
    ASSERT_EQ(count.absent(), "");
    ASSERT_GT(count.running_ns(), 0);
    shared += count.running_ns() < count.enabled_ns();
    EXPECT_NEAR(Scaled(count) / static_cast<double>(kTurns * kInstructionsPerTurn), 1, 0.05);
  }
  EXPECT_GT(shared, 0);
}

TEST(PmuTest, WhatDoesNotFitWaitsForItsTurn) {
  PerfCounters source;
  v1::Instruments instruments;
  for (int i = 0; i < 12; ++i) instruments.add_thread_groups()->add_events("instructions");
  instruments.add_thread_groups()->add_events("page-faults");  // takes no counter
  size_t counted = 0;
  for (uint32_t turn = 0; turn < 3; ++turn) {
    instruments.set_turn(turn);
    const CountingPlan plan = PlanCounting(source, instruments, 0);
    ASSERT_EQ(plan.threads.groups.size() + plan.threads.waiting.size(), 13u);
    EXPECT_GT(plan.threads.waiting.size(), 0u);
    for (const v1::EventCount& count : plan.threads.waiting) EXPECT_TRUE(count.waiting());
    counted += plan.threads.groups.size() - 1;
    EventCounters counters(source, plan.threads.groups, CounterTarget::ThisThread());
    counters.Begin();
    TurnForCounters(20'000'000);
    counters.End();
    for (const v1::EventCount& count : counters.Tell()) {
      EXPECT_EQ(count.running_ns(), count.enabled_ns()) << count.event();
    }
  }
  EXPECT_GE(counted, 12u);  // each in one of the turns
}

TEST(PmuTest, AThreadsCountersAreThoseOfItsWindow) {
  PerfCounters source;
  const std::vector<v1::EventGroup> groups =
      GroupsOf({{"cycles", "instructions"}, {"context-switches", "page-faults", "task-clock"}});
  ThreadCounters counters(source, groups);
  TurnForCounters(5'000'000);  // before
  counters.Begin();
  TurnForCounters(1'000'000);
  counters.End();
  TurnForCounters(5'000'000);  // after
  const v1::ThreadCounts told = counters.Tell();
  for (const v1::EventCount& count : told.events()) {
    EXPECT_EQ(count.absent(), "") << count.event();
    if (count.event() != "instructions") continue;
    const auto expected = static_cast<double>(1'000'000 * kInstructionsPerTurn);
    EXPECT_THAT(static_cast<double>(count.value()), AllOf(Ge(expected), Le(expected * 1.1)));
  }
}

// With a PMU the ledger's samples are taken by its cycles.
TEST(PmuTest, SamplesAreTakenByCyclesAndNamed) {
  std::ofstream("/proc/sys/kernel/kptr_restrict") << 0;
  absl::StatusOr<std::unique_ptr<Profiler>> profiler = Profiler::Open({{0}}, 499);
  ASSERT_OK(profiler);
  (*profiler)->LearnThreads();
  ASSERT_OK((*profiler)->Begin());
  TurnForCounters(100'000'000);
  (*profiler)->Drain();
  (*profiler)->End();
  const v1::Profile profile = (*profiler)->Tell();
  ASSERT_EQ(profile.absent(), "");
  EXPECT_EQ(profile.event(), "cycles");
  uint64_t weight = 0, in_loop = 0;
  for (const v1::Stack& stack : profile.stacks()) {
    weight += stack.weight();
    const bool loop = std::any_of(stack.frames().begin(), stack.frames().end(), [&](uint32_t name) {
      return absl::StrContains(profile.names(static_cast<int>(name)), "TurnForCounters");
    });
    if (loop) in_loop += stack.weight();
  }
  const double cycles = static_cast<double>(CountTurns({{"cycles"}}, 100'000'000)[0].value());
  std::cout << "sampled: " << weight << " cycles, of the loop " << in_loop
            << "; counted: " << cycles << "\n";
  EXPECT_NEAR(static_cast<double>(in_loop) / cycles, 1, 0.1);
}

}  // namespace
}  // namespace copycost
