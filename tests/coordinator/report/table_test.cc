#include "coordinator/report/table.h"

#include <algorithm>

#include "absl/strings/str_split.h"
#include "tests/testing/record_builder.h"
#include "tests/testing/status_matchers.h"

namespace copycost::report {
namespace {

using ::copycost::testing::AddCell;
using ::copycost::testing::AnswerRequests;
using ::copycost::testing::EndOf;
using ::copycost::testing::OkTrial;
using ::copycost::testing::OneCellRun;
using ::copycost::testing::WorkloadOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string TableOf(const record::Run& run, size_t width = 80) {
  return SummaryTable(analysis::Summarize(run), width);
}

size_t WidthOf(const std::string& text) {
  size_t width = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) width = std::max(width, line.size());
  return width;
}

TEST(TableTest, ShowsACellInARow) {
  EXPECT_THAT(TableOf(OneCellRun(7)),
              HasSubstr("size  send mode  threads  n            goodput  copies  host CPU\n"
                        "                                        Gbit/s   per B      ns/B\n"
                        " 64K  two-copy         1  7  8.24 [8.00, 8.48]    3.00      1.46\n"));
}

TEST(TableTest, ZeroCopyThatWasCopiedIsShownAsSuchWithinEightyColumns) {
  record::Run run = OneCellRun(8, v1::SEND_MODE_ZERO_COPY);
  for (v1::TrialRecord& trial : run.attempts) trial.add_flags(v1::FLAG_KERNEL_COPIED);
  run.attempts[1].add_flags(v1::FLAG_UNSTEADY);
  const std::string table = TableOf(run);
  EXPECT_THAT(table, HasSubstr("kernel-copied\n"));
  EXPECT_THAT(table, HasSubstr("kernel-copied: completions say"));
  EXPECT_THAT(table, Not(HasSubstr("Left out")));
  EXPECT_LE(WidthOf(table), 80u);
}

TEST(TableTest, AFlagOnSomeTrialsIsCounted) {
  record::Run run = OneCellRun(8);
  run.attempts[1].add_flags(v1::FLAG_UNSTEADY);
  EXPECT_THAT(TableOf(run), HasSubstr("unsteady 1/8\n"));
}

TEST(TableTest, SaysHowToReadIt) {
  const std::string table = TableOf(OneCellRun(8));
  EXPECT_THAT(table, HasSubstr("95 % interval"));
  EXPECT_THAT(table, HasSubstr("n = 6 to 8"));
  EXPECT_THAT(table, HasSubstr("the receiver's own\n  copy counted"));
  EXPECT_THAT(table, Not(HasSubstr("need >= 6")));
}

TEST(TableTest, FewTrialsShowAMedianOnlyAndWhy) {
  const std::string table = TableOf(OneCellRun(5));
  EXPECT_THAT(table, HasSubstr("8.16    3.00"));
  EXPECT_THAT(table, HasSubstr("need >= 6"));
}

TEST(TableTest, WhatIsMissingHasAFootnote) {
  record::Run run = OneCellRun(6);
  for (v1::TrialRecord& trial : run.attempts) trial.mutable_agents(1)->clear_boot_id();
  const std::string table = TableOf(run);
  EXPECT_THAT(table, HasSubstr("n/a (1)"));
  EXPECT_THAT(table, HasSubstr("\n(1) agent 'receiver' did not say"));
}

TEST(TableTest, CellsThatWereNotMeasuredAppearWithOneFootnote) {
  record::Run run = OneCellRun(6);
  v1::SkippedCell& skipped = *run.info.mutable_plan()->add_skipped();
  *skipped.mutable_workload() = WorkloadOf(v1::SEND_MODE_ZERO_COPY);
  skipped.set_reason("no locked memory");
  const std::string table = TableOf(run);
  EXPECT_THAT(table, HasSubstr("zero-copy        1  0"));
  EXPECT_THAT(table, HasSubstr("n/a (1)  n/a (1)   n/a (1)"));
  EXPECT_THAT(table, HasSubstr("(1) not measured: skipped: no locked memory\n"));
  EXPECT_THAT(table, Not(HasSubstr("(2)")));
}

TEST(TableTest, CopiesThatAreOnlyBoundedShowTheirBounds) {
  record::Run run = OneCellRun(6, v1::SEND_MODE_ZERO_COPY);
  for (v1::TrialRecord& trial : run.attempts) {
    EndOf(trial, v1::ROLE_SENDER).mutable_evidence()->set_delivery_copied_low_bytes(0);
  }
  EXPECT_THAT(TableOf(run), HasSubstr("1.00 to 2.00"));
}

record::Run ExchangeRun(int blocks) {
  record::Run run = OneCellRun(blocks);
  for (v1::TrialRecord& trial : run.attempts) AnswerRequests(trial, v1::PATTERN_RR);
  *run.info.mutable_plan()->mutable_cells(0)->mutable_workload() =
      blocks > 0 ? run.attempts[0].workload() : v1::Workload();
  return run;
}

TEST(TableTest, OfExchangesTheLatencyIsShownInPlaceOfGoodput) {
  const std::string table = TableOf(ExchangeRun(7), 120);
  EXPECT_THAT(table,
              HasSubstr("size  send mode  threads  n             p50  p99  exchanges  copies"));
  EXPECT_THAT(table, HasSubstr("502 [502, 502]  987"));
  EXPECT_THAT(table, HasSubstr("3.00"));
  EXPECT_THAT(table, HasSubstr("latency of an exchange"));
  EXPECT_THAT(table, Not(HasSubstr("goodput")));
  EXPECT_THAT(table, Not(HasSubstr("n/a")));
}

TEST(TableTest, WhereStreamsStandBesideExchangesEachShowsWhatItHas) {
  record::Run run = ExchangeRun(6);
  AddCell(run, WorkloadOf(v1::SEND_MODE_TWO_COPY), "stream");
  for (v1::TrialRecord trial : OneCellRun(6).attempts) {
    trial.set_cell_id(2);
    trial.set_trial_id(trial.trial_id() + "-stream");
    run.attempts.push_back(trial);
  }
  const std::string table = TableOf(run, 200);
  EXPECT_THAT(table, HasSubstr("pattern"));
  EXPECT_THAT(table, HasSubstr("goodput"));
  EXPECT_THAT(table, HasSubstr("exchanges"));
  EXPECT_THAT(table, HasSubstr("n/a (1)  n/a (1)"));
  EXPECT_THAT(table, HasSubstr("(1) the pattern is stream\n"));
}

TEST(TableTest, OtherAxesShowOnlyWhereTheyVary) {
  record::Run run = OneCellRun(6);
  EXPECT_THAT(TableOf(run), Not(HasSubstr("touch")));
  v1::Workload other = WorkloadOf(v1::SEND_MODE_TWO_COPY);
  other.set_touch(v1::TOUCH_NONE);
  AddCell(run, other, "none");
  EXPECT_THAT(TableOf(run, 200), HasSubstr("size  send mode  touch   threads  n"));
}

TEST(TableTest, ARepeatedValueKeepsItsArm) {
  record::Run run = OneCellRun(6);
  v1::Cell& again = AddCell(run, WorkloadOf(v1::SEND_MODE_TWO_COPY), "two-copy#2");
  (*again.mutable_arms())["send_mode"] = 2;
  EXPECT_THAT(TableOf(run), HasSubstr("two-copy#2"));
}

TEST(TableTest, ANarrowTerminalLosesColumnsByName) {
  const std::string table = TableOf(OneCellRun(8), 45);
  EXPECT_THAT(table, HasSubstr("Left out at this width: threads, n, host CPU."));
  EXPECT_LE(WidthOf(table), 45u);
}

TEST(TableTest, NoCellsIsSaid) { EXPECT_EQ(SummaryTable({}, 80), "no cells\n"); }

TEST(TableTest, NumbersHaveThreeSignificantDigits) {
  EXPECT_EQ(FormatSignificant(23.44), "23.4");
  EXPECT_EQ(FormatSignificant(2), "2.00");
  EXPECT_EQ(FormatSignificant(0.04123), "0.0412");
  EXPECT_EQ(FormatSignificant(99.96), "100");
  EXPECT_EQ(FormatSignificant(12345.6), "12346");
  EXPECT_EQ(FormatSignificant(0), "0");
}

}  // namespace
}  // namespace copycost::report
