#include "coordinator/record/attempt_row.h"

#include <set>

#include "tests/testing/record_builder.h"
#include "tests/testing/status_matchers.h"

namespace copycost::record {
namespace {

using ::copycost::testing::OkTrial;
using ::copycost::testing::OneCellRun;

Value Find(const Row& row, const std::string& name) {
  for (const Field& field : row) {
    if (field.name == name) return field.value;
  }
  ADD_FAILURE() << name;
  return {};
}

TEST(AttemptRowTest, NamesTheAttemptAndItsPlaceInTheRun) {
  v1::TrialRecord trial = OkTrial({.block = 3, .attempt = 2});
  trial.add_flags(v1::FLAG_UNSTEADY);
  trial.add_flags(v1::FLAG_OVERSUBSCRIBED);
  const Row row = AttemptRow(OneCellRun(0).info, trial);
  EXPECT_EQ(Find(row, "run_id"), Value("run-1"));
  EXPECT_EQ(Find(row, "trial_id"), Value("b3-c1"));
  EXPECT_EQ(Find(row, "attempt"), Value(int64_t{2}));
  EXPECT_EQ(Find(row, "block"), Value(int64_t{3}));
  EXPECT_EQ(Find(row, "outcome"), Value("ok"));
  EXPECT_EQ(Find(row, "flags"), Value("unsteady oversubscribed"));
  EXPECT_EQ(Find(row, "started_utc"), Value("2025-10-09T08:53:20.123Z"));
  EXPECT_EQ(Find(row, "topology"), Value("namespaces"));
  EXPECT_EQ(Find(row, "sender_agent"), Value("sender"));
  EXPECT_EQ(Find(row, "receiver_agent"), Value("receiver"));
  EXPECT_EQ(Find(row, "message_bytes"), Value(int64_t{65536}));
  EXPECT_EQ(Find(row, "warmup_s"), Value(0.2));
}

TEST(AttemptRowTest, VerifyTrialsHaveNeitherBlockNorCellNorWarmup) {
  v1::TrialRecord trial = OkTrial({.block = 0, .cell = 0});
  trial.mutable_workload()->set_messages_per_flow(5);
  const Row row = AttemptRow({}, trial);
  for (const char* name : {"block", "cell_id", "warmup_s", "reason"}) {
    EXPECT_EQ(Find(row, name), Value()) << name;
  }
}

TEST(AttemptRowTest, WhatThePatternHasNoPartForIsAbsent) {
  v1::TrialRecord trial = OkTrial();
  EXPECT_EQ(Find(AttemptRow({}, trial), "response_bytes"), Value());
  EXPECT_EQ(Find(AttemptRow({}, trial), "rate"), Value());
  ::copycost::testing::AnswerRequests(trial, v1::PATTERN_PACED);
  EXPECT_EQ(Find(AttemptRow({}, trial), "response_bytes"), Value(int64_t{65536}));
  EXPECT_EQ(Find(AttemptRow({}, trial), "rate"), Value(int64_t{1000}));
}

TEST(AttemptRowTest, HasTheSameNamesForEveryAttemptAndEachOnce) {
  const Row full = AttemptRow(OneCellRun(0).info, OkTrial({.mode = v1::SEND_MODE_ZERO_COPY}));
  const Row empty = AttemptRow({}, {});
  ASSERT_EQ(full.size(), empty.size());
  std::set<std::string> names;
  for (size_t i = 0; i < full.size(); ++i) {
    EXPECT_EQ(full[i].name, empty[i].name);
    EXPECT_TRUE(names.insert(full[i].name).second) << full[i].name;
  }
}

}  // namespace
}  // namespace copycost::record
