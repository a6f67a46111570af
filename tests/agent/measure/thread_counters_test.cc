#include "agent/measure/thread_counters.h"

#include <gmock/gmock.h>

#include <thread>

#include "tests/testing/fake_counters.h"

namespace copycost {
namespace {

using ::copycost::testing::FakeCounters;
using ::copycost::testing::GroupOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const v1::EventCount& Of(const v1::ThreadCounts& counts, const std::string& event) {
  for (const v1::EventCount& count : counts.events()) {
    if (count.event() == event) return count;
  }
  ADD_FAILURE() << "no " << event;
  static const v1::EventCount none;
  return none;
}

TEST(ThreadCountersTest, SwitchesAndFaultsNeedNoCounters) {
  FakeCounters source;
  source.events["cycles"].opened = absl::NotFoundError("no PMU");
  const std::vector<v1::EventGroup> groups = {
      GroupOf({"cycles"}), GroupOf({"context-switches", "cycles"}), GroupOf({"page-faults"})};
  ThreadCounters counters(source, groups);
  counters.Begin();
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  counters.End();
  EXPECT_THAT(source.asked(), ElementsAre(ElementsAre("cycles"), ElementsAre("cycles")));
  const v1::ThreadCounts counts = counters.Tell();
  EXPECT_EQ(counts.events_size(), 4);
  EXPECT_GE(counts.interval_ns(), 1'000'000);
  EXPECT_EQ(Of(counts, "cycles").absent(), "no PMU");
  const v1::EventCount& switches = Of(counts, "context-switches");
  EXPECT_THAT(switches.absent(), IsEmpty());
  EXPECT_GE(switches.value(), 1u);
  EXPECT_GE(switches.enabled_ns(), 1'000'000);
  EXPECT_EQ(switches.enabled_ns(), switches.running_ns());
  EXPECT_THAT(Of(counts, "page-faults").absent(), IsEmpty());
}

TEST(ThreadCountersTest, AWindowThatDidNotOpenTellsNothing) {
  FakeCounters source;
  const std::vector<v1::EventGroup> groups = {GroupOf({"cycles"}), GroupOf({"page-faults"})};
  const ThreadCounters counters(source, groups);
  const v1::ThreadCounts counts = counters.Tell();
  EXPECT_EQ(counts.events_size(), 2);
  for (const v1::EventCount& count : counts.events()) {
    EXPECT_THAT(count.absent(), ::testing::HasSubstr("did not open"));
  }
  EXPECT_FALSE(counts.has_run_delay_ns());
}

}  // namespace
}  // namespace copycost
