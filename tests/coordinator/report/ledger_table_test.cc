#include "coordinator/report/ledger_table.h"

#include <gmock/gmock.h>

#include "coordinator/report/csv.h"
#include "coordinator/report/json_lines.h"
#include "coordinator/report/ledger_row.h"

namespace copycost::report {
namespace {

using analysis::CellLedger;
using analysis::Interval;
using analysis::Work;
using ::testing::HasSubstr;
using ::testing::Not;

CellLedger LedgerOf(const std::string& label) {
  CellLedger ledger;
  ledger.cell.set_id(1);
  ledger.cell.set_label(label);
  ledger.trials = 2;
  ledger.event = "cpu-clock";
  ledger.hz = 199;
  ledger.samples = 400;
  ledger.perturbation = -0.031;
  ledger.perturbation_blocks = 2;
  for (const auto& [work, samples] :
       {std::pair(Work::kStaging, 100), {Work::kPinning, 0}, {Work::kUnknown, 300}}) {
    analysis::LedgerLine line;
    line.work = work;
    line.samples = static_cast<uint64_t>(samples);
    line.share = samples / 400.0;
    line.share_interval = {line.share / 2, line.share + 0.009};
    line.ns_per_byte = line.share * 2;
    line.ns_per_byte_interval = Interval{line.share, line.share * 3};
    ledger.lines.push_back(line);
  }
  return ledger;
}

TEST(LedgerTableTest, TellsEachKindOfWorkThatWasSeen) {
  const std::string table = LedgerTable({LedgerOf("two-copy")}, 100);
  EXPECT_THAT(table, HasSubstr("two-copy"));
  EXPECT_THAT(table, HasSubstr("staging   0.500  25.0 %"));
  EXPECT_THAT(table, HasSubstr("unknown    1.50  75.0 %"));
  EXPECT_THAT(table, Not(HasSubstr("pinning")));
  EXPECT_THAT(table, HasSubstr("two-copy: 400 samples of cpu-clock in 2 trials; goodput was -3.1 % "
                               "with sampling (median of 2"));
}

TEST(LedgerTableTest, FewSamplesAreSaidToBeFew) {
  CellLedger few = LedgerOf("two-copy");
  few.samples = 1;
  EXPECT_THAT(LedgerTable({few}, 100),
              HasSubstr("1 sample of cpu-clock in 2 trials, too few to tell shares well"));
}

TEST(LedgerTableTest, WhatOnlyAnotherCellHasIsBounded) {
  CellLedger other = LedgerOf("zero-copy");
  other.lines[1].samples = 10;
  EXPECT_THAT(LedgerTable({LedgerOf("two-copy"), other}, 100),
              HasSubstr("pinning         < 0.9 %"));
}

TEST(LedgerTableTest, SaysWhyThereIsNone) {
  CellLedger none;
  none.reason = "sender: not permitted; do this";
  EXPECT_THAT(LedgerTable({none}, 100),
              HasSubstr("all: no ledger: sender: not permitted; do this."));
  EXPECT_EQ(LedgerTable({}, 100), "");
}

TEST(LedgerTableTest, ManyCellsMakeSeveralTables) {
  const std::string table = LedgerTable(std::vector<CellLedger>(7, LedgerOf("x")), 100);
  size_t tables = 0;
  for (size_t at = table.find("CPU time  "); at != table.npos;
       at = table.find("CPU time  ", at + 1)) {
    ++tables;
  }
  EXPECT_EQ(tables, 3u);
}

TEST(LedgerRowTest, ThereIsARowForEachKindOfWorkOrOneWithTheReason) {
  const std::string csv = LedgerCsv({LedgerOf("two-copy")});
  EXPECT_THAT(csv, HasSubstr(",1,two-copy,2,cpu-clock,199,400,0,0,-0.031,staging,100,0.25,0.125,"
                             "0.259,0.5,0.25,0.75,\n"));
  CellLedger none;
  none.reason = "why";
  ASSERT_EQ(LedgerRows(none).size(), 1u);
  EXPECT_EQ(LedgerRows(none)[0].size(), LedgerRows(LedgerOf("x"))[0].size());
  EXPECT_EQ(std::get<std::string>(LedgerRows(none)[0].back().value), "why");
  none.perturbation = 0.5;  // of trials that were run and not sampled
  EXPECT_THAT(LedgerCsv({none}), HasSubstr(",0,,,,,,,,,,,,,,,why\n"));
  EXPECT_THAT(LedgerLines({}, LedgerOf("x")), HasSubstr("\"type\":\"ledger\""));
}

TEST(FoldedStacksTest, AreALineEach) {
  CellLedger ledger = LedgerOf("x");
  ledger.folded_stacks = {{"sender;a;b", 3}, {"sender;a;c", 4}};
  EXPECT_EQ(FoldedStacks(ledger), "sender;a;b 3\nsender;a;c 4\n");
}

}  // namespace
}  // namespace copycost::report
