#include "coordinator/report/verdict_table.h"

#include <gmock/gmock.h>

#include "coordinator/record/metrics.h"
#include "coordinator/report/csv.h"
#include "coordinator/report/json_lines.h"

namespace copycost::report {
namespace {

using analysis::Claim;
using analysis::Interval;
using analysis::Verdict;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const record::Metric& Metric(absl::string_view column) {
  for (const record::Metric& metric : record::Metrics()) {
    if (metric.column == column) return metric;
  }
  return record::Metrics().front();
}

Claim ClaimOf(const std::string& arm, absl::string_view column, double ratio, Verdict verdict) {
  Claim claim;
  claim.arm = arm;
  claim.baseline = "two-copy";
  claim.metric = &Metric(column);
  claim.cells = 2;
  claim.cells_shared = 2;
  claim.blocks = 8;
  claim.level = 0.025;
  claim.ratio = ratio;
  claim.interval = Interval{ratio * 0.9, ratio * 1.1};
  claim.uncorrected_interval = Interval{ratio * 0.95, ratio * 1.05};
  claim.verdict = verdict;
  return claim;
}

std::vector<Claim> SomeClaims() {
  return {ClaimOf("one-copy", "goodput_gbps", 1.5, Verdict::kFaster),
          ClaimOf("zero-copy", "goodput_gbps", 0.5, Verdict::kSlower),
          ClaimOf("one-copy", "host_cpu_ns_per_byte", 1, Verdict::kInconclusive)};
}

TEST(VerdictTableTest, ClaimsOfAnArmStandTogether) {
  EXPECT_THAT(
      VerdictTable(SomeClaims(), 100),
      HasSubstr("against two-copy  of        cells  blocks  ratio                    verdict\n"
                "one-copy          goodput       2       8  1.5000 [1.3500, 1.6500]  faster\n"
                "one-copy          host CPU      2       8  1.0000 [0.9000, 1.1000]  inconclusive\n"
                "zero-copy         goodput       2       8  0.5000 [0.4500, 0.5500]  slower\n"));
}

// Where a row does not fit, each has all of its names.
TEST(VerdictTableTest, NarrowTerminalsShowTheArmOfEachClaim) {
  const std::string table = VerdictTable(SomeClaims(), 40);
  size_t arms = 0;
  for (size_t at = 0; (at = table.find("one-copy\n", at)) != table.npos; ++at) ++arms;
  EXPECT_EQ(arms, 2u) << table;
}

TEST(VerdictTableTest, SaysWhatRatiosAndIntervalsAre) {
  const std::string table = VerdictTable(SomeClaims(), 1000);
  EXPECT_THAT(table, HasSubstr("block, geometric mean over cells [97.5 % interval]. Faster is "
                               "better by more than 2 %: more goodput, less CPU time; equivalent"));
  EXPECT_THAT(table, Not(HasSubstr("left out")));
  EXPECT_THAT(table, Not(HasSubstr("Noise-limited")));
  std::vector<Claim> claims = SomeClaims();
  claims[0].incomplete = 1;
  claims[1].level = 0.05;
  claims[1].cells = 1;
  claims[2].noise_limited = true;
  EXPECT_THAT(VerdictTable(claims, 1000), HasSubstr("[95 % to 97.5 % interval]"));
  EXPECT_THAT(VerdictTable(claims, 1000), HasSubstr("Up to 1 block lacked a trial or the figure"));
  EXPECT_THAT(VerdictTable(claims, 1000), HasSubstr("Of some cells it was never told"));
  EXPECT_THAT(VerdictTable(claims, 1000), HasSubstr("inconclusive, noise-limited\n"));
}

TEST(VerdictTableTest, WithoutAnIntervalItSaysWhy) {
  std::vector<Claim> claims = SomeClaims();
  claims.resize(1);
  claims[0].verdict = Verdict::kInconclusive;
  claims[0].interval = absl::FailedPreconditionError("need >= 7 blocks");
  EXPECT_THAT(VerdictTable(claims, 100), HasSubstr("1.5000  inconclusive: need >= 7 blocks\n"));
  EXPECT_THAT(VerdictTable(claims, 1000),
              HasSubstr("in the same block, geometric mean over cells. Faster is better"));
  claims[0].ratio = absl::FailedPreconditionError("no block has both");
  EXPECT_THAT(VerdictTable(claims, 100), HasSubstr("n/a    inconclusive: need >= 7 blocks\n"));
}

TEST(VerdictTableTest, ClaimsOnSingleCellsAreInTheFilesAlone) {
  std::vector<Claim> claims = SomeClaims();
  claims.resize(1);
  claims[0].cell_id = 4;
  claims[0].label = "one-copy 64K";
  EXPECT_THAT(VerdictTable(claims, 100), IsEmpty());
  EXPECT_THAT(VerdictTable({}, 100), IsEmpty());
  const std::string csv = VerdictsCsv(claims);
  EXPECT_THAT(csv, HasSubstr("metric,arm,baseline,cell_id,label,cells,cells_shared,blocks,"));
  EXPECT_THAT(csv, HasSubstr("\ngoodput_gbps,one-copy,two-copy,4,one-copy 64K,2,2,8,0,0.025,1.5,"
                             "1.35,1.65,1.425,1.575,faster,0,\n"));
  EXPECT_THAT(VerdictsCsv({}), HasSubstr("metric,arm,baseline"));
  v1::RunRecord run;
  run.set_run_id("run-1");
  const std::string line = VerdictLine(run, claims[0]);
  EXPECT_THAT(line, HasSubstr("\"type\":\"verdict\""));
  EXPECT_THAT(line, HasSubstr("\"ratio\":1.5"));
  EXPECT_THAT(line, Not(HasSubstr("reason")));
}

}  // namespace
}  // namespace copycost::report
