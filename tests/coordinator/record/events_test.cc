#include "coordinator/record/events.h"

#include "tests/testing/record_builder.h"
#include "tests/testing/status_matchers.h"

namespace copycost::record {
namespace {

using ::copycost::testing::AgentOf;
using ::copycost::testing::OkTrial;
using ::copycost::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int64_t kCountedNs = 600'000'000;

v1::EventCount Counted(const std::string& event, uint64_t value, int64_t running_ns = kCountedNs) {
  v1::EventCount count;
  count.set_event(event);
  count.set_value(value);
  count.set_enabled_ns(kCountedNs);
  count.set_running_ns(running_ns);
  return count;
}

// Two threads a side: cycles 10 and 20 of the senders', 30 and 40 of the receivers'; the CPUs of
// the host that both are on, 500 and 600.
class RecordedEventsTest : public ::testing::Test {
 protected:
  RecordedEventsTest() {
    uint64_t value = 0;
    for (const v1::Role role : {v1::ROLE_SENDER, v1::ROLE_RECEIVER}) {
      for (const uint32_t thread : {0, 1}) {
        v1::ThreadCounts& counts = *FinishedOf(role).add_thread_counts();
        counts.set_thread(thread);
        counts.set_role(role);
        *counts.add_events() = Counted("cycles", value += 10);
      }
    }
    for (const uint32_t cpu : {0, 1}) {
      v1::CpuCounts& counts = *FinishedOf(v1::ROLE_SENDER).add_cpu_counts();
      counts.set_cpu(cpu);
      *counts.add_events() = Counted("cycles", 500 + 100 * cpu);
    }
    experiment_.add_events("cycles");
  }

  v1::Finished& FinishedOf(v1::Role role) { return *AgentOf(trial_, role).mutable_finished(); }
  v1::EventCount& Sent(int thread) {
    return *FinishedOf(v1::ROLE_SENDER).mutable_thread_counts(thread)->mutable_events(0);
  }

  EventColumn Column(const std::string& name) const {
    for (const EventColumn& column : EventColumnsOf(experiment_)) {
      if (column.column == name) return column;
    }
    ADD_FAILURE() << "no column " << name;
    return {};
  }
  absl::StatusOr<double> Value(const std::string& column) const {
    return EventValue(trial_, Column(column));
  }

  v1::TrialRecord trial_ = OkTrial({.flows = 2});
  v1::Experiment experiment_;
};

TEST_F(RecordedEventsTest, ColumnsAreNamedForWhoCountedAndWhat) {
  experiment_.add_events("page-faults");
  std::vector<std::string> names;
  for (const EventColumn& column : EventColumnsOf(experiment_)) names.push_back(column.column);
  EXPECT_THAT(names, ElementsAre("sender_cycles", "receiver_cycles", "sender_cycles_user",
                                 "receiver_cycles_user", "host_cycles", "sender_page_faults",
                                 "receiver_page_faults", "host_page_faults"));
  EXPECT_EQ(ColumnWord("skl::UOPS:c=1"), "skl__UOPS_c_1");
  v1::Experiment none;
  none.add_events("none");
  EXPECT_TRUE(EventColumnsOf(none).empty());
}

TEST_F(RecordedEventsTest, AreSumsOfTheThreadsAndCpus) {
  EXPECT_DOUBLE_EQ(*Value("sender_cycles"), 30);
  EXPECT_DOUBLE_EQ(*Value("receiver_cycles"), 70);
  EXPECT_DOUBLE_EQ(*Value("host_cycles"), 1100);
  EXPECT_FALSE(IsMultiplexed(trial_));
}

// Flows that share a thread share its counts.
TEST_F(RecordedEventsTest, AThreadOfSeveralFlowsIsCountedOnce) {
  for (const v1::Role role : {v1::ROLE_SENDER, v1::ROLE_RECEIVER}) {
    for (v1::FlowEnd& end : *AgentOf(trial_, role).mutable_prepare()->mutable_ends()) {
      end.set_thread(0);
    }
    FinishedOf(role).mutable_thread_counts()->RemoveLast();
  }
  EXPECT_DOUBLE_EQ(*Value("sender_cycles"), 10);
}

TEST_F(RecordedEventsTest, SharedCountersAreScaledFlaggedAndRejected) {
  Sent(0).set_running_ns(kCountedNs * 95 / 100);
  EXPECT_FALSE(IsMultiplexed(trial_));
  Sent(0).set_running_ns(kCountedNs / 2);
  EXPECT_DOUBLE_EQ(*Value("sender_cycles"), 10 * 2 + 20);
  EXPECT_TRUE(IsMultiplexed(trial_));
  Sent(0).set_running_ns(kCountedNs / 2 - 1);
  EXPECT_THAT(Value("sender_cycles").status(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("for 50 % of")));
  Sent(0).set_running_ns(0);
  EXPECT_THAT(Value("sender_cycles").status(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("never counted")));
}

TEST_F(RecordedEventsTest, UserModeHasColumnsOfItsOwn) {
  EXPECT_FALSE(Value("sender_cycles_user").ok());
  for (const int thread : {0, 1}) Sent(thread).set_user_only(true);
  EXPECT_DOUBLE_EQ(*Value("sender_cycles_user"), 30);
  EXPECT_THAT(Value("sender_cycles").status(),
              StatusIs(absl::StatusCode::kFailedPrecondition, "counted in user mode only"));
  Sent(0).set_user_only(false);  // the sum would be of neither
  EXPECT_FALSE(Value("sender_cycles_user").ok());
  EXPECT_FALSE(Value("sender_cycles").ok());
}

TEST_F(RecordedEventsTest, WhatOneThreadCannotTellNobodyCan) {
  Sent(1).set_absent("lost");
  EXPECT_THAT(Value("sender_cycles").status(),
              StatusIs(absl::StatusCode::kFailedPrecondition, "lost"));
  EXPECT_FALSE(IsWaiting(trial_, Column("sender_cycles")));
  FinishedOf(v1::ROLE_RECEIVER).mutable_thread_counts()->RemoveLast();
  EXPECT_THAT(Value("receiver_cycles").status(),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("did not tell what it counted of a thread")));
  FinishedOf(v1::ROLE_SENDER).clear_cpu_counts();
  EXPECT_FALSE(Value("host_cycles").ok());
  experiment_.add_events("branches");
  EXPECT_THAT(Value("sender_branches").status(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("branches")));
}

TEST_F(RecordedEventsTest, OneThatWaitsForItsTurnIsTold) {
  for (const int thread : {0, 1}) {
    Sent(thread).set_waiting(true);
    Sent(thread).set_absent("another turn");
  }
  EXPECT_TRUE(IsWaiting(trial_, Column("sender_cycles")));
  EXPECT_FALSE(IsWaiting(trial_, Column("receiver_cycles")));
  EXPECT_FALSE(Value("sender_cycles").ok());
}

// A second host that tells nothing of its CPUs makes the sum one of some hosts.
TEST_F(RecordedEventsTest, EveryHostMustTellOfItsCpus) {
  AgentOf(trial_, v1::ROLE_RECEIVER).set_boot_id("another");
  EXPECT_FALSE(Value("host_cycles").ok());
  *FinishedOf(v1::ROLE_RECEIVER).mutable_cpu_counts() = FinishedOf(v1::ROLE_SENDER).cpu_counts();
  EXPECT_DOUBLE_EQ(*Value("host_cycles"), 2200);
}

}  // namespace
}  // namespace copycost::record
