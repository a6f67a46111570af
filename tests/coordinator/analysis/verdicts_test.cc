#include "coordinator/analysis/verdicts.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <utility>
#include <vector>

#include "tests/testing/record_builder.h"
#include "tests/testing/status_matchers.h"

namespace copycost::analysis {
namespace {

using ::copycost::testing::AddCell;
using ::copycost::testing::AnswerRequests;
using ::copycost::testing::OkTrial;
using ::copycost::testing::StatusIs;
using ::copycost::testing::WorkloadOf;
using ::testing::IsEmpty;

constexpr double kBytes = 600'000'000;  // of a window, where nothing differs

struct ArmSpec {
  v1::SendMode mode;
  uint32_t naming = 1;
};

// A run of these arms at these sizes. `bytes` tells what an arm moves in a window at a size in a
// block; all count from 0.
template <typename Bytes>
record::Run RunOf(const std::vector<ArmSpec>& arms, const std::vector<uint64_t>& sizes,
                  uint32_t blocks, Bytes bytes) {
  record::Run run;
  for (size_t size = 0; size < sizes.size(); ++size) {
    for (size_t arm = 0; arm < arms.size(); ++arm) {
      v1::Cell& cell = AddCell(run, WorkloadOf(arms[arm].mode, sizes[size]), "");
      (*cell.mutable_arms())["send_mode"] = arms[arm].naming;
      for (uint32_t block = 0; block < blocks; ++block) {
        run.attempts.push_back(
            OkTrial({.block = block + 1,
                     .cell = cell.id(),
                     .mode = arms[arm].mode,
                     .window_bytes = static_cast<uint64_t>(bytes(arm, size, block))}));
      }
    }
  }
  return run;
}

std::vector<Claim> ClaimsOn(absl::string_view column, const record::Run& run) {
  std::vector<Claim> claims;
  for (Claim& claim : Claims(run)) {
    if (claim.metric->column == column) claims.push_back(std::move(claim));
  }
  return claims;
}

// Differs from block to block, for all alike: comparisons are made within blocks.
double Drift(uint32_t block) { return kBytes * (1 + 0.1 * block); }

TEST(VerdictsTest, EveryModeIsComparedWithTwoCopy) {
  const record::Run run =
      RunOf({{v1::SEND_MODE_ZERO_COPY}, {v1::SEND_MODE_TWO_COPY}, {v1::SEND_MODE_ONE_COPY}},
            {65536}, 8, [](size_t arm, size_t, uint32_t block) {
              const double factors[] = {1.1, 1, 0.9};
              return Drift(block) * factors[arm] * (1 + 0.001 * (block % 3));
            });
  const std::vector<Claim> claims = ClaimsOn("goodput_gbps", run);
  ASSERT_EQ(claims.size(), 2u);
  EXPECT_EQ(claims[0].arm, "zero-copy");
  EXPECT_EQ(claims[0].baseline, "two-copy");
  EXPECT_EQ(claims[0].cell_id, 0u);
  EXPECT_EQ(claims[0].cells, 1u);
  EXPECT_EQ(claims[0].blocks, 8u);
  EXPECT_EQ(claims[0].incomplete, 0u);
  EXPECT_NEAR(*claims[0].ratio, 1.1, 1e-6);
  EXPECT_EQ(claims[0].verdict, Verdict::kFaster);
  EXPECT_EQ(claims[1].arm, "one-copy");
  EXPECT_NEAR(claims[1].interval->low, 0.9, 1e-6);
  EXPECT_NEAR(claims[1].interval->high, 0.9, 1e-6);
  EXPECT_EQ(claims[1].verdict, Verdict::kSlower);
}

// The same CPU time for more bytes is less for each of them.
TEST(VerdictsTest, LessCpuTimeIsBetter) {
  const record::Run run = RunOf({{v1::SEND_MODE_TWO_COPY}, {v1::SEND_MODE_ZERO_COPY}}, {65536}, 8,
                                [](size_t arm, size_t, uint32_t) { return kBytes * (1 + arm); });
  const std::vector<Claim> claims = ClaimsOn("host_cpu_ns_per_byte", run);
  ASSERT_EQ(claims.size(), 1u);
  EXPECT_NEAR(*claims[0].ratio, 0.5, 1e-6);
  EXPECT_EQ(claims[0].verdict, Verdict::kFaster);
  EXPECT_THAT(ClaimsOn("rr_latency_p99_us", run), IsEmpty());  // nothing was exchanged
}

TEST(VerdictsTest, WhatIsInsideOfTheBandIsEquivalent) {
  for (const auto& [factor, verdict] :
       std::vector<std::pair<double, Verdict>>{{1.019, Verdict::kEquivalent},
                                               {1 / 1.019, Verdict::kEquivalent},
                                               {1.021, Verdict::kFaster},
                                               {1 / 1.021, Verdict::kSlower}}) {
    const record::Run run = RunOf({{v1::SEND_MODE_TWO_COPY}, {v1::SEND_MODE_ZERO_COPY}}, {65536}, 6,
                                  [factor = factor](size_t arm, size_t, uint32_t) {
                                    return kBytes * (arm == 0 ? 1 : factor);
                                  });
    EXPECT_EQ(ClaimsOn("goodput_gbps", run).at(0).verdict, verdict) << factor;
  }
}

TEST(VerdictsTest, AnIntervalThatHoldsALimitIsInconclusive) {
  const record::Run run = RunOf({{v1::SEND_MODE_TWO_COPY}, {v1::SEND_MODE_ZERO_COPY}}, {65536}, 8,
                                [](size_t arm, size_t, uint32_t block) {
                                  return kBytes * (arm == 0 ? 1 : 1 + 0.01 * block);
                                });
  const Claim claim = ClaimsOn("goodput_gbps", run).at(0);
  EXPECT_EQ(claim.verdict, Verdict::kInconclusive);
  EXPECT_OK(claim.interval);
}

// Two claims share 5 %, and six blocks attain 3.1 %.
TEST(VerdictsTest, ClaimsThatSoFewBlocksCannotDecideSayHowManyTheyNeed) {
  const record::Run run =
      RunOf({{v1::SEND_MODE_TWO_COPY}, {v1::SEND_MODE_ONE_COPY}, {v1::SEND_MODE_ZERO_COPY}},
            {65536}, 6, [](size_t arm, size_t, uint32_t) { return kBytes * (1 + arm); });
  for (const Claim& claim : ClaimsOn("goodput_gbps", run)) {
    EXPECT_OK(claim.ratio);
    EXPECT_THAT(claim.interval,
                StatusIs(absl::StatusCode::kFailedPrecondition, "need >= 7 blocks"));
    EXPECT_OK(claim.uncorrected_interval);
    EXPECT_EQ(claim.verdict, Verdict::kInconclusive);
  }
}

TEST(VerdictsTest, TheMeanOfCellsIsGeometricAndEachMakesAClaimToo) {
  const record::Run run = RunOf({{v1::SEND_MODE_TWO_COPY}, {v1::SEND_MODE_ZERO_COPY}},
                                {1024, 65536}, 8, [](size_t arm, size_t size, uint32_t block) {
                                  return Drift(block) * (arm == 0 ? 1 : size == 0 ? 0.5 : 4);
                                });
  const std::vector<Claim> claims = ClaimsOn("goodput_gbps", run);
  ASSERT_EQ(claims.size(), 3u);
  EXPECT_EQ(claims[0].cell_id, 0u);
  EXPECT_EQ(claims[0].cells, 2u);
  EXPECT_NEAR(*claims[0].ratio, std::sqrt(2), 1e-6);
  EXPECT_EQ(claims[1].cell_id, 2u);
  EXPECT_NEAR(*claims[1].ratio, 0.5, 1e-6);
  EXPECT_EQ(claims[1].verdict, Verdict::kSlower);
  EXPECT_EQ(claims[2].cell_id, 4u);
  EXPECT_EQ(claims[2].verdict, Verdict::kFaster);
}

TEST(VerdictsTest, ABlockThatLacksATrialIsLeftOutAndCounted) {
  record::Run run = RunOf({{v1::SEND_MODE_TWO_COPY}, {v1::SEND_MODE_ZERO_COPY}}, {1024, 65536}, 9,
                          [](size_t arm, size_t, uint32_t) { return kBytes * (1 + arm); });
  run.attempts[0].set_outcome(v1::OUTCOME_INVALID);  // two-copy, 1024, block 1
  run.attempts[28].set_outcome(v1::OUTCOME_FAILED);  // zero-copy, 65536, block 2
  const std::vector<Claim> claims = ClaimsOn("goodput_gbps", run);
  ASSERT_EQ(claims.size(), 3u);
  EXPECT_EQ(claims[0].blocks, 7u);
  EXPECT_EQ(claims[0].incomplete, 2u);
  EXPECT_EQ(claims[1].blocks, 8u);
  EXPECT_EQ(claims[1].incomplete, 1u);
}

TEST(VerdictsTest, ACellThatWasNeverMeasuredIsLeftOut) {
  record::Run run = RunOf({{v1::SEND_MODE_TWO_COPY}, {v1::SEND_MODE_ZERO_COPY}}, {1024, 65536}, 8,
                          [](size_t arm, size_t, uint32_t) { return kBytes * (1 + arm); });
  for (v1::TrialRecord& trial : run.attempts) {
    if (trial.cell_id() == 2) trial.set_outcome(v1::OUTCOME_FAILED);
  }
  const std::vector<Claim> claims = ClaimsOn("goodput_gbps", run);
  ASSERT_EQ(claims.size(), 2u);
  EXPECT_EQ(claims[0].cells, 1u);
  EXPECT_EQ(claims[0].cells_shared, 2u);
  EXPECT_EQ(claims[0].blocks, 8u);
  EXPECT_EQ(claims[0].incomplete, 0u);
  EXPECT_EQ(claims[0].verdict, Verdict::kFaster);
  EXPECT_EQ(claims[1].cell_id, 4u);
}

TEST(VerdictsTest, CellsThatWereNeverMeasuredInOneBlockHaveNothingToCompare) {
  record::Run run = RunOf({{v1::SEND_MODE_TWO_COPY}, {v1::SEND_MODE_ZERO_COPY}}, {65536}, 8,
                          [](size_t arm, size_t, uint32_t) { return kBytes * (1 + arm); });
  for (v1::TrialRecord& trial : run.attempts) {
    if ((trial.cell_id() == 2) == (trial.block() % 2 == 0)) trial.set_outcome(v1::OUTCOME_FAILED);
  }
  const Claim claim = ClaimsOn("goodput_gbps", run).at(0);
  EXPECT_EQ(claim.blocks, 0u);
  EXPECT_EQ(claim.incomplete, 8u);
  EXPECT_THAT(claim.ratio, StatusIs(absl::StatusCode::kFailedPrecondition, "no block has both"));
  EXPECT_THAT(claim.interval, StatusIs(absl::StatusCode::kFailedPrecondition, "no block has both"));
}

// Latency is of some patterns only: the cells of others do not count as missing it.
TEST(VerdictsTest, OnlyCellsThatCanTellAMetricClaimIt) {
  record::Run run = RunOf({{v1::SEND_MODE_TWO_COPY}, {v1::SEND_MODE_ZERO_COPY}}, {1024, 65536}, 6,
                          [](size_t arm, size_t, uint32_t) { return kBytes * (1 + arm); });
  for (v1::Cell& cell : *run.info.mutable_plan()->mutable_cells()) {
    if (cell.id() > 2) cell.mutable_workload()->set_pattern(v1::PATTERN_RR);
  }
  for (v1::TrialRecord& trial : run.attempts) {
    if (trial.cell_id() > 2) AnswerRequests(trial, v1::PATTERN_RR);
  }
  const std::vector<Claim> claims = ClaimsOn("rr_latency_p99_us", run);
  ASSERT_EQ(claims.size(), 2u);
  EXPECT_EQ(claims[0].cells, 1u);
  EXPECT_EQ(claims[0].verdict, Verdict::kEquivalent);
}

TEST(VerdictsTest, ExchangesStandInThePlaceOfGoodputButNotAtARate) {
  const record::Run streams =
      RunOf({{v1::SEND_MODE_TWO_COPY}, {v1::SEND_MODE_ZERO_COPY}}, {65536}, 6,
            [](size_t arm, size_t, uint32_t) { return kBytes * (1 + arm); });
  record::Run exchanges = streams, paced = streams;
  for (v1::TrialRecord& trial : exchanges.attempts) AnswerRequests(trial, v1::PATTERN_RR);
  for (v1::TrialRecord& trial : paced.attempts) AnswerRequests(trial, v1::PATTERN_PACED);
  EXPECT_EQ(ClaimsOn("goodput_gbps", streams).size(), 1u);
  EXPECT_THAT(ClaimsOn("exchanges_per_s", streams), IsEmpty());
  EXPECT_THAT(ClaimsOn("goodput_gbps", exchanges), IsEmpty());
  ASSERT_EQ(ClaimsOn("exchanges_per_s", exchanges).size(), 1u);
  EXPECT_EQ(ClaimsOn("exchanges_per_s", exchanges)[0].verdict, Verdict::kFaster);
  EXPECT_THAT(ClaimsOn("goodput_gbps", paced), IsEmpty());
  EXPECT_THAT(ClaimsOn("exchanges_per_s", paced), IsEmpty());
  EXPECT_EQ(ClaimsOn("rr_latency_p99_us", paced).size(), 1u);
}

// Blocks in which nothing arrived must not be what is left out.
TEST(VerdictsTest, NothingHasNoRatio) {
  const record::Run run =
      RunOf({{v1::SEND_MODE_TWO_COPY}, {v1::SEND_MODE_ZERO_COPY}}, {65536}, 10,
            [](size_t arm, size_t, uint32_t block) { return arm == 1 && block < 3 ? 0 : kBytes; });
  const Claim claim = ClaimsOn("goodput_gbps", run).at(0);
  EXPECT_THAT(claim.interval,
              StatusIs(absl::StatusCode::kFailedPrecondition, "a figure of 0 has no ratio"));
  EXPECT_EQ(claim.verdict, Verdict::kInconclusive);
}

TEST(VerdictsTest, WithoutTwoCopyTheFirstModeIsTheBaseline) {
  const record::Run run = RunOf({{v1::SEND_MODE_ONE_COPY}, {v1::SEND_MODE_ZERO_COPY}}, {65536}, 6,
                                [](size_t, size_t, uint32_t) { return kBytes; });
  EXPECT_EQ(ClaimsOn("goodput_gbps", run).at(0).baseline, "one-copy");
}

TEST(VerdictsTest, OneArmClaimsNothing) {
  EXPECT_THAT(Claims(RunOf({{v1::SEND_MODE_TWO_COPY}}, {1024, 65536}, 8,
                           [](size_t, size_t, uint32_t) { return kBytes; })),
              IsEmpty());
  EXPECT_THAT(Claims(record::Run()), IsEmpty());
}

record::Run RunWithTwice(double repeated) {
  return RunOf(
      {{v1::SEND_MODE_TWO_COPY}, {v1::SEND_MODE_TWO_COPY, 2}, {v1::SEND_MODE_ONE_COPY}}, {65536}, 6,
      [repeated](size_t arm, size_t, uint32_t) { return kBytes * (arm == 1 ? repeated : 1); });
}

// An arm of the baseline's own mode that differs by 3 % says what this machine cannot tell apart.
// It takes nothing from the others: six blocks are enough for one.
TEST(VerdictsTest, NothingIsEquivalentWhereTheBaselineIsNotSoToItself) {
  const std::vector<Claim> quiet = ClaimsOn("goodput_gbps", RunWithTwice(1.001));
  ASSERT_EQ(quiet.size(), 2u);
  EXPECT_EQ(quiet[0].arm, "two-copy#2");
  EXPECT_EQ(quiet[0].verdict, Verdict::kEquivalent);
  EXPECT_FALSE(quiet[1].noise_limited);
  EXPECT_EQ(quiet[1].verdict, Verdict::kEquivalent);
  const std::vector<Claim> noisy = ClaimsOn("goodput_gbps", RunWithTwice(1.03));
  ASSERT_EQ(noisy.size(), 2u);
  EXPECT_EQ(noisy[0].verdict, Verdict::kFaster);
  EXPECT_FALSE(noisy[0].noise_limited);
  EXPECT_TRUE(noisy[1].noise_limited);
  EXPECT_EQ(noisy[1].verdict, Verdict::kInconclusive);
}

TEST(VerdictsTest, NothingIsEquivalentWhereItIsNotKnownOfTheBaselineItself) {
  record::Run run = RunWithTwice(1);
  for (v1::TrialRecord& trial : run.attempts) {
    if (trial.cell_id() == 2 && trial.block() < 3) trial.set_outcome(v1::OUTCOME_FAILED);
  }
  const std::vector<Claim> claims = ClaimsOn("goodput_gbps", run);
  ASSERT_EQ(claims.size(), 2u);
  EXPECT_THAT(claims[0].interval,
              StatusIs(absl::StatusCode::kFailedPrecondition, "need >= 6 blocks"));
  EXPECT_TRUE(claims[1].noise_limited);
}

TEST(VerdictsTest, APlanNeedsMoreBlocksForMoreClaims) {
  const auto needed = [](const std::vector<ArmSpec>& arms) {
    const record::Run run = RunOf(arms, {65536}, 0, [](size_t, size_t, uint32_t) { return 0; });
    return PlannedClaimsOf(run.info.plan()).blocks_needed;
  };
  EXPECT_EQ(needed({{v1::SEND_MODE_TWO_COPY}}), 0u);
  EXPECT_EQ(needed({{v1::SEND_MODE_TWO_COPY}, {v1::SEND_MODE_TWO_COPY, 2}}), 6u);
  EXPECT_EQ(needed({{v1::SEND_MODE_TWO_COPY}, {v1::SEND_MODE_ONE_COPY}, {v1::SEND_MODE_ZERO_COPY}}),
            7u);
}

// What is decided of an arm that lies on the band's limit is wrong, which may be so in 5 % of the
// runs: of two such arms, and of one beside another that is faster and takes the smaller level.
// Noise without a mean and a variance.
TEST(VerdictsTest, WhatLiesOnTheLimitIsRarelyDecided) {
  constexpr int kRuns = 2000;
  std::mt19937_64 random(11);
  for (const double first : {1 + kBand, 3.0}) {
    const auto bytes = [&](size_t arm, size_t, uint32_t) {
      const double uniform = (static_cast<double>(random() >> 11) + 0.5) * 0x1p-53;
      const double cauchy = std::tan(std::numbers::pi * (uniform - 0.5));
      const double factors[] = {1, first, 1 + kBand};
      return kBytes * factors[arm] * std::exp(0.01 * std::clamp(cauchy, -99.0, 99.0));
    };
    int wrong = 0;
    for (int i = 0; i < kRuns; ++i) {
      const record::Run run =
          RunOf({{v1::SEND_MODE_TWO_COPY}, {v1::SEND_MODE_ONE_COPY}, {v1::SEND_MODE_ZERO_COPY}},
                {65536}, 8, bytes);
      const std::vector<Claim> claims = ClaimsOn("goodput_gbps", run);
      const bool first_is_wrong = first == 3.0 ? claims[0].verdict == Verdict::kSlower
                                               : claims[0].verdict != Verdict::kInconclusive;
      wrong += first_is_wrong || claims[1].verdict != Verdict::kInconclusive ? 1 : 0;
    }
    EXPECT_LE(wrong, kRuns * 6 / 100) << first;
    EXPECT_GT(wrong, kRuns / 100) << first;
  }
}

}  // namespace
}  // namespace copycost::analysis
