#include "coordinator/experiment/event_groups.h"

#include <gmock/gmock.h>

#include <string>

namespace copycost {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::vector<std::string>> Grouped(const std::vector<std::string>& events) {
  v1::Experiment experiment;
  for (const std::string& event : events) experiment.add_events(event);
  std::vector<std::vector<std::string>> groups;
  for (const v1::EventGroup& group : GroupEvents(experiment)) {
    groups.emplace_back(group.events().begin(), group.events().end());
  }
  return groups;
}

TEST(EventGroupsTest, WhatMakesARatioIsCountedTogether) {
  EXPECT_THAT(
      Grouped({"cycles", "branches", "LLC-loads", "task-clock", "instructions", "branch-misses",
               "LLC-load-misses", "cache-misses", "cache-references"}),
      ElementsAre(ElementsAre("cycles", "instructions"), ElementsAre("branches", "branch-misses"),
                  ElementsAre("LLC-loads", "LLC-load-misses"), ElementsAre("task-clock"),
                  ElementsAre("cache-misses", "cache-references")));
}

TEST(EventGroupsTest, ModifiersMustBeTheSame) {
  EXPECT_THAT(Grouped({"cycles:u", "instructions", "instructions:u"}),
              ElementsAre(ElementsAre("cycles:u", "instructions:u"), ElementsAre("instructions")));
}

TEST(EventGroupsTest, LoadsAndStoresAreNoRatio) {
  EXPECT_THAT(Grouped({"L1-dcache-loads", "L1-dcache-stores"}),
              ElementsAre(ElementsAre("L1-dcache-loads"), ElementsAre("L1-dcache-stores")));
}

TEST(EventGroupsTest, NoneIsNone) { EXPECT_THAT(Grouped({"none"}), IsEmpty()); }

}  // namespace
}  // namespace copycost
