#include "coordinator/analysis/verdicts.h"

#include <cmath>
#include <numbers>
#include <random>

#include "tests/testing/record_builder.h"
#include "tests/testing/status_matchers.h"

namespace copycost::analysis {
namespace {

using ::copycost::testing::AddCell;
using ::copycost::testing::AgentOf;
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
    EXPECT_THAT(claim.interval, StatusIs(absl::StatusCode::kFailedPrecondition, "need >= 7"));
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

TEST(VerdictsTest, ACellThatWasNeverMeasuredLeavesNothingToCompare) {
  record::Run run = RunOf({{v1::SEND_MODE_TWO_COPY}, {v1::SEND_MODE_ZERO_COPY}}, {65536}, 8,
                          [](size_t arm, size_t, uint32_t) { return kBytes * (1 + arm); });
  for (v1::TrialRecord& trial : run.attempts) {
    if (trial.cell_id() == 2) trial.set_outcome(v1::OUTCOME_FAILED);
  }
  const Claim claim = ClaimsOn("goodput_gbps", run).at(0);
  EXPECT_EQ(claim.blocks, 0u);
  EXPECT_EQ(claim.incomplete, 8u);
  EXPECT_THAT(claim.ratio, StatusIs(absl::StatusCode::kFailedPrecondition, "no block has both"));
  EXPECT_THAT(claim.interval, StatusIs(absl::StatusCode::kFailedPrecondition, "need >= 6"));
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

// An arm of the baseline's own mode that differs by 3 % says what this machine cannot tell apart.
TEST(VerdictsTest, NothingIsEquivalentWhereTheBaselineIsNotSoToItself) {
  const auto run = [](double repeated) {
    return RunOf(
        {{v1::SEND_MODE_TWO_COPY}, {v1::SEND_MODE_TWO_COPY, 2}, {v1::SEND_MODE_ONE_COPY}}, {65536},
        8, [repeated](size_t arm, size_t, uint32_t) { return kBytes * (arm == 1 ? repeated : 1); });
  };
  const std::vector<Claim> quiet = ClaimsOn("goodput_gbps", run(1.001));
  ASSERT_EQ(quiet.size(), 2u);
  EXPECT_EQ(quiet[0].arm, "two-copy#2");
  EXPECT_FALSE(quiet[0].noise_limited);
  EXPECT_EQ(quiet[1].verdict, Verdict::kEquivalent);
  const std::vector<Claim> noisy = ClaimsOn("goodput_gbps", run(1.03));
  ASSERT_EQ(noisy.size(), 2u);
  EXPECT_EQ(noisy[0].verdict, Verdict::kFaster);
  EXPECT_TRUE(noisy[1].noise_limited);
  EXPECT_EQ(noisy[1].verdict, Verdict::kInconclusive);
}

// Two arms that lie on the band's limit, with noise that has no mean and no variance: whatever is
// decided is wrong, which may be so in 5 % of the runs.
TEST(VerdictsTest, WhatLiesOnTheLimitIsRarelyDecided) {
  constexpr int kRuns = 2000;
  std::mt19937_64 random(11);
  const auto noise = [&](size_t arm, size_t, uint32_t) {
    const double uniform = (static_cast<double>(random() >> 11) + 0.5) * 0x1p-53;
    const double cauchy = std::tan(std::numbers::pi * (uniform - 0.5));
    return kBytes * (arm == 0 ? 1 : 1 + kBand) * std::exp(0.01 * std::clamp(cauchy, -99.0, 99.0));
  };
  int wrong = 0;
  for (int i = 0; i < kRuns; ++i) {
    const record::Run run =
        RunOf({{v1::SEND_MODE_TWO_COPY}, {v1::SEND_MODE_ONE_COPY}, {v1::SEND_MODE_ZERO_COPY}},
              {65536}, 8, noise);
    bool decided = false;
    for (const Claim& claim : ClaimsOn("goodput_gbps", run)) {
      decided = decided || claim.verdict != Verdict::kInconclusive;
    }
    wrong += decided ? 1 : 0;
  }
  EXPECT_LE(wrong, kRuns * 6 / 100);
  EXPECT_GT(wrong, kRuns / 100);
}

}  // namespace
}  // namespace copycost::analysis
