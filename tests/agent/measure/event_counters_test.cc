#include "agent/measure/event_counters.h"

#include <gmock/gmock.h>

#include "tests/testing/fake_counters.h"

namespace copycost {
namespace {

using ::copycost::testing::FakeCounters;
using ::copycost::testing::GroupOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class EventCountersTest : public ::testing::Test {
 protected:
  std::vector<v1::EventCount> CountWindow() {
    EventCounters counters(source_, groups_, CounterTarget::ThisThread());
    counters.Begin();
    counters.End();
    return counters.Tell();
  }

  FakeCounters source_;
  std::vector<v1::EventGroup> groups_ = {GroupOf({"cycles", "instructions"}),
                                         GroupOf({"branches"})};
};

TEST_F(EventCountersTest, TellsEveryEventInTheOrderAskedFor) {
  source_.events = {{"cycles", {.value = 7}},
                    {"instructions", {.value = 8}},
                    {"branches", {.user_only = true, .value = 9}}};
  source_.running_ns = source_.enabled_ns / 2;
  const std::vector<v1::EventCount> counts = CountWindow();
  ASSERT_EQ(counts.size(), 3u);
  EXPECT_EQ(counts[0].event(), "cycles");
  EXPECT_EQ(counts[0].value(), 7u);
  EXPECT_EQ(counts[1].value(), 8u);
  EXPECT_EQ(counts[2].event(), "branches");
  EXPECT_EQ(counts[2].value(), 9u);
  EXPECT_TRUE(counts[2].user_only());
  for (const v1::EventCount& count : counts) {
    EXPECT_THAT(count.absent(), IsEmpty());
    EXPECT_EQ(count.enabled_ns(), source_.enabled_ns);
    EXPECT_EQ(count.running_ns(), source_.enabled_ns / 2);
  }
}

// One that cannot be had costs its group nothing, and the values stay with their names.
TEST_F(EventCountersTest, AnEventThatIsMissingKeepsItsReasonAndOthersTheirValues) {
  source_.events["cycles"].opened = absl::NotFoundError("no PMU; measure on hardware");
  source_.events["instructions"].value = 8;
  const std::vector<v1::EventCount> counts = CountWindow();
  EXPECT_EQ(counts[0].absent(), "no PMU; measure on hardware");
  EXPECT_FALSE(counts[0].waiting());
  EXPECT_EQ(counts[1].value(), 8u);
}

TEST_F(EventCountersTest, WhereNothingCanBeOpenedEverythingIsAbsent) {
  for (const char* event : {"cycles", "instructions", "branches"}) {
    source_.events[event].opened = absl::PermissionDeniedError("forbidden");
  }
  for (const v1::EventCount& count : CountWindow()) {
    EXPECT_EQ(count.absent(), "forbidden");
    EXPECT_EQ(count.enabled_ns(), 0);
  }
}

TEST_F(EventCountersTest, CountersThatAreLostAreAbsentAndNotZero) {
  for (absl::Status FakeCounters::*step :
       {&FakeCounters::enable, &FakeCounters::disable, &FakeCounters::read}) {
    source_.*step = absl::DataLossError("lost");
    for (const v1::EventCount& count : CountWindow()) EXPECT_EQ(count.absent(), "lost");
    source_.*step = absl::OkStatus();
  }
}

TEST_F(EventCountersTest, AWindowThatDidNotOpenCountedNothing) {
  EventCounters counters(source_, groups_, CounterTarget::ThisThread());
  for (const v1::EventCount& count : counters.Tell()) {
    EXPECT_THAT(count.absent(), HasSubstr("did not open"));
  }
}

}  // namespace
}  // namespace copycost
