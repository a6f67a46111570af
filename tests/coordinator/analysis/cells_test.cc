#include "coordinator/analysis/cells.h"

#include "tests/testing/record_builder.h"
#include "tests/testing/status_matchers.h"

namespace copycost::analysis {
namespace {

using ::copycost::testing::AddCell;
using ::copycost::testing::AgentOf;
using ::copycost::testing::EndOf;
using ::copycost::testing::OkTrial;
using ::copycost::testing::OneCellRun;
using ::copycost::testing::StatusIs;
using ::copycost::testing::WorkloadOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

void Fail(v1::TrialRecord& trial, v1::Outcome outcome, const std::string& reason) {
  trial.set_outcome(outcome);
  trial.set_reason(reason);
}

TEST(CellsTest, ACellIsTheMedianOfItsTrials) {
  const CellSummary cell = Summarize(OneCellRun(7)).front();
  EXPECT_EQ(cell.n, 7);
  EXPECT_EQ(cell.reason, "");
  const MetricSummary& goodput = MetricOf(cell, "goodput_gbps");
  EXPECT_DOUBLE_EQ(*goodput.median, 8.24);
  EXPECT_DOUBLE_EQ(goodput.interval->low, 8);
  EXPECT_DOUBLE_EQ(goodput.interval->high, 8.48);
}

TEST(CellsTest, BelowSixTrialsThereIsAMedianWithoutAnInterval) {
  const CellSummary cell = Summarize(OneCellRun(5)).front();
  EXPECT_OK(MetricOf(cell, "goodput_gbps").median);
  EXPECT_THAT(MetricOf(cell, "goodput_gbps").interval,
              StatusIs(absl::StatusCode::kFailedPrecondition, "need >= 6"));
}

TEST(CellsTest, OnlyTheLatestAttemptOfATrialCounts) {
  record::Run run = OneCellRun(6);
  Fail(run.attempts[0], v1::OUTCOME_FAILED, "stream lost");
  run.attempts.push_back(OkTrial({.block = 1, .attempt = 2}));
  const CellSummary cell = Summarize(run).front();
  EXPECT_EQ(cell.n, 6);
  EXPECT_THAT(cell.outcomes, ElementsAre(Pair(v1::OUTCOME_OK, 6)));
}

TEST(CellsTest, TrialsThatAreNotOkAreCountedButDoNotCount) {
  record::Run run = OneCellRun(8);
  Fail(run.attempts[2], v1::OUTCOME_INVALID, "applied size differs");
  run.attempts[2].add_flags(v1::FLAG_UNSTEADY);
  run.attempts[3].add_flags(v1::FLAG_OVERSUBSCRIBED);
  const CellSummary cell = Summarize(run).front();
  EXPECT_EQ(cell.n, 7);
  EXPECT_THAT(cell.outcomes, ElementsAre(Pair(v1::OUTCOME_OK, 7), Pair(v1::OUTCOME_INVALID, 1)));
  EXPECT_THAT(cell.flags, ElementsAre(Pair(v1::FLAG_OVERSUBSCRIBED, 1)));
}

// Six blocks of eight: in the others it was the turn of other events.
TEST(CellsTest, EventsThatTakeTurnsCountWhereItWasTheirs) {
  record::Run run = OneCellRun(8);
  run.info.mutable_plan()->mutable_experiment()->add_events("cycles");
  for (size_t i = 0; i < run.attempts.size(); ++i) {
    for (const v1::Role role : {v1::ROLE_SENDER, v1::ROLE_RECEIVER}) {
      v1::ThreadCounts& thread =
          *AgentOf(run.attempts[i], role).mutable_finished()->add_thread_counts();
      thread.set_role(role);
      v1::EventCount& count = *thread.add_events();
      count.set_event("cycles");
      count.set_value(100 + i);
      count.set_enabled_ns(1);
      count.set_running_ns(1);
      count.set_waiting(i < 2);
      if (i < 2) count.set_absent("another turn");
    }
  }
  CellSummary cell = Summarize(run).front();
  ASSERT_EQ(cell.events.size(), 5u);
  EXPECT_EQ(cell.events[0].column.column, "sender_cycles");
  EXPECT_EQ(cell.events[0].n, 6);
  EXPECT_DOUBLE_EQ(*cell.events[0].median, 104.5);
  EXPECT_DOUBLE_EQ(cell.events[0].interval->low, 102);
  // Lost where it was its turn: what could be told may be a selection.
  v1::EventCount& lost = *AgentOf(run.attempts[7], v1::ROLE_SENDER)
                              .mutable_finished()
                              ->mutable_thread_counts(0)
                              ->mutable_events(0);
  lost.set_absent("lost");
  cell = Summarize(run).front();
  EXPECT_EQ(cell.events[0].n, 0);
  EXPECT_THAT(cell.events[0].median.status(),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("not told by 1 of 6 trials: lost")));
}

TEST(CellsTest, VerifyTrialsAreNoObservations) {
  record::Run run = OneCellRun(6);
  run.attempts.push_back(OkTrial({.block = 9}));
  run.attempts.back().set_purpose(v1::PURPOSE_VERIFY);
  EXPECT_EQ(Summarize(run).front().n, 6);
}

TEST(CellsTest, TrialsStayWithTheirOwnCell) {
  record::Run run = OneCellRun(6);
  AddCell(run, WorkloadOf(v1::SEND_MODE_TWO_COPY), "cell#2");  // the same values, another arm
  run.attempts.push_back(OkTrial({.block = 1, .cell = 2, .window_bytes = 1'200'000'000}));
  const std::vector<CellSummary> cells = Summarize(run);
  EXPECT_EQ(cells[0].n, 6);
  EXPECT_EQ(cells[1].n, 1);
  EXPECT_DOUBLE_EQ(*MetricOf(cells[1], "goodput_gbps").median, 16);
}

TEST(CellsTest, AMetricThatSomeTrialsCannotTellIsNotTold) {
  record::Run run = OneCellRun(6);
  EndOf(run.attempts[4], v1::ROLE_SENDER).clear_evidence();
  const CellSummary cell = Summarize(run).front();
  EXPECT_THAT(MetricOf(cell, "copies_per_byte").median,
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("not told by 1 of 6 trials: flow 0's sender gave no evidence")));
  EXPECT_OK(MetricOf(cell, "goodput_gbps").median);
}

TEST(CellsTest, AMetricThatDoesNotApplySaysSo) {
  const CellSummary cell = Summarize(OneCellRun(6)).front();
  EXPECT_THAT(MetricOf(cell, "zero_copy_sends").median,
              StatusIs(absl::StatusCode::kFailedPrecondition, "no send asked for zero-copy"));
}

TEST(CellsTest, ACellWithoutTrialsSaysSo) {
  const CellSummary cell = Summarize(OneCellRun(0)).front();
  EXPECT_EQ(cell.n, 0);
  EXPECT_EQ(cell.reason, "no trial was run");
  EXPECT_THAT(MetricOf(cell, "goodput_gbps").median,
              StatusIs(absl::StatusCode::kFailedPrecondition, "no trial was run"));
}

TEST(CellsTest, ACellWithoutAnOkTrialGivesTheLastReason) {
  record::Run run = OneCellRun(2);
  Fail(run.attempts[0], v1::OUTCOME_FAILED, "first");
  Fail(run.attempts[1], v1::OUTCOME_INVALID, "second");
  EXPECT_EQ(Summarize(run).front().reason, "no trial was ok; the last was invalid: second");
}

TEST(CellsTest, AFailedVerificationIsTheReasonForTheCellsOfItsPath) {
  record::Run run = OneCellRun(0, v1::SEND_MODE_ZERO_COPY);
  AddCell(run, WorkloadOf(v1::SEND_MODE_ONE_COPY), "other");
  v1::TrialRecord verify = OkTrial({.block = 0, .cell = 0, .mode = v1::SEND_MODE_ZERO_COPY});
  verify.set_purpose(v1::PURPOSE_VERIFY);
  verify.mutable_workload()->set_message_bytes(4096);
  Fail(verify, v1::OUTCOME_INVALID, "byte 17 differs");
  run.attempts.push_back(verify);
  const std::vector<CellSummary> cells = Summarize(run);
  EXPECT_EQ(cells[0].reason, "verification of zero-copy to recv at 4K invalid: byte 17 differs");
  EXPECT_EQ(cells[1].reason, "no trial was run");
}

TEST(CellsTest, SkippedCellsComeLastWithTheirReason) {
  record::Run run = OneCellRun(6);
  v1::SkippedCell& skipped = *run.info.mutable_plan()->add_skipped();
  skipped.set_label("zero-copy");
  skipped.set_reason("no locked memory");
  const CellSummary cell = Summarize(run).back();
  EXPECT_EQ(cell.cell.label(), "zero-copy");
  EXPECT_EQ(cell.n, 0);
  EXPECT_EQ(cell.reason, "skipped: no locked memory");
}

}  // namespace
}  // namespace copycost::analysis
