#include "agent/measure/counting_plan.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <string>

#include "tests/testing/fake_counters.h"

namespace copycost {
namespace {

using ::copycost::testing::FakeCounters;
using ::copycost::testing::GroupOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr uint32_t kCpu = 5;

std::vector<std::string> EventsOf(const std::vector<v1::EventGroup>& groups) {
  std::vector<std::string> events;
  for (const v1::EventGroup& group : groups) {
    events.insert(events.end(), group.events().begin(), group.events().end());
  }
  return events;
}

class CountingPlanTest : public ::testing::Test {
 protected:
  CountingPlanTest() {
    for (const auto& group : {GroupOf({"cycles", "instructions"}), GroupOf({"branches"}),
                              GroupOf({"cache"}), GroupOf({"faults"})}) {
      *asked_.add_thread_groups() = group;
    }
    source_.events["faults"].pmu = false;
  }

  CountingPlan Turn(uint32_t turn) {
    asked_.set_turn(turn);
    return PlanCounting(source_, asked_, kCpu);
  }

  FakeCounters source_;
  v1::Instruments asked_;
};

TEST_F(CountingPlanTest, WhatFitsIsCountedInEveryTrial) {
  for (const uint32_t turn : {0, 1, 17}) {
    const CountingPlan plan = Turn(turn);
    EXPECT_THAT(EventsOf(plan.threads.groups),
                UnorderedElementsAre("cycles", "instructions", "branches", "cache", "faults"));
    EXPECT_THAT(plan.threads.waiting, IsEmpty());
  }
}

// Three counters: two groups of the PMU's fit, the third has a turn of its own.
TEST_F(CountingPlanTest, WhatDoesNotFitTakesTurns) {
  source_.pmu_counters = 3;
  std::map<std::string, int> counted;
  for (const uint32_t turn : {0, 1, 2, 3}) {
    const CountingPlan plan = Turn(turn);
    const std::vector<std::string> now = EventsOf(plan.threads.groups);
    for (const std::string& event : now) ++counted[event];
    EXPECT_EQ(now.size() + plan.threads.waiting.size(), 5u);
    for (const v1::EventCount& count : plan.threads.waiting) {
      EXPECT_TRUE(count.waiting());
      EXPECT_THAT(count.absent(), ::testing::HasSubstr("another of 2 blocks"));
      EXPECT_EQ(std::count(now.begin(), now.end(), count.event()), 0);
    }
  }
  EXPECT_THAT(counted,
              UnorderedElementsAre(::testing::Pair("cycles", 2), ::testing::Pair("instructions", 2),
                                   ::testing::Pair("branches", 2), ::testing::Pair("cache", 2),
                                   ::testing::Pair("faults", 4)));
}

TEST_F(CountingPlanTest, EventsOfAGroupAreNeverParted) {
  source_.pmu_counters = 2;
  for (const uint32_t turn : {0, 1, 2, 3}) {
    const std::vector<std::string> now = EventsOf(Turn(turn).threads.groups);
    EXPECT_EQ(std::count(now.begin(), now.end(), "cycles"),
              std::count(now.begin(), now.end(), "instructions"));
  }
}

TEST_F(CountingPlanTest, ThreadsAndCpusNeverTakeTheSameTurn) {
  *asked_.mutable_cpu_groups() = asked_.thread_groups();
  for (const uint32_t turn : {0, 1, 2}) {
    const CountingPlan plan = Turn(turn);
    const bool threads = EventsOf(plan.threads.groups).size() == 5;
    EXPECT_EQ(threads, turn % 2 == 0);
    EXPECT_THAT(EventsOf(threads ? plan.cpus.groups : plan.threads.groups), ElementsAre("faults"));
    EXPECT_EQ((threads ? plan.cpus : plan.threads).waiting.size(), 4u);
  }
  EXPECT_THAT(source_.cpus(), ::testing::Each(kCpu));
}

// The reason is told in each trial, and costs no other event a turn.
TEST_F(CountingPlanTest, WhatCannotBeCountedTakesNoTurn) {
  for (const char* event : {"cycles", "instructions", "branches", "cache"}) {
    source_.events[event].opened = absl::NotFoundError("no PMU");
  }
  source_.pmu_counters = 0;
  EXPECT_EQ(EventsOf(Turn(1).threads.groups).size(), 5u);
}

// As one of more events than the PMU has counters for: it is told as never counted.
TEST_F(CountingPlanTest, AGroupThatNeverFitsHasItsTurn) {
  source_.pmu_counters = 1;
  EXPECT_THAT(EventsOf(Turn(0).threads.groups),
              UnorderedElementsAre("cycles", "instructions", "faults"));
}

TEST_F(CountingPlanTest, NothingAskedForIsNothingPlanned) {
  const CountingPlan plan = PlanCounting(source_, {}, kCpu);
  EXPECT_THAT(plan.threads.groups, IsEmpty());
  EXPECT_THAT(plan.cpus.groups, IsEmpty());
}

}  // namespace
}  // namespace copycost
