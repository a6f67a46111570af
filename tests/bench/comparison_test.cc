#include "tests/bench/comparison.h"

#include "tests/testing/status_matchers.h"

namespace copycost::bench {
namespace {

using ::copycost::testing::StatusIs;
using ::testing::HasSubstr;

constexpr Criterion kLowAt95 = {.bound = Criterion::Bound::kLow, .at_least = 0.95};
constexpr Criterion kHighAt98 = {.bound = Criterion::Bound::kHigh, .at_least = 0.98};

// The product's goodput is `goodput` times the other's, its CPU time `cpu` times; both drift.
std::vector<Pair> PairsWith(double goodput, double cpu, int n) {
  std::vector<Pair> pairs;
  for (int i = 0; i < n; ++i) {
    const double drift = 1 + 0.1 * i;
    pairs.push_back({.product = {.goodput_gbps = drift * goodput, .cpu_ns_per_byte = drift * cpu},
                     .other = {.goodput_gbps = drift, .cpu_ns_per_byte = drift}});
  }
  return pairs;
}

TEST(ComparisonTest, AboveOneTheProductIsBetterWhateverTheQuantity) {
  const auto comparisons = Compare(PairsWith(2, 0.25, 8), kLowAt95);
  ASSERT_OK(comparisons);
  ASSERT_EQ(comparisons->size(), 2);
  EXPECT_EQ((*comparisons)[0].quantity, "goodput");
  EXPECT_NEAR((*comparisons)[0].ratio, 2, 1e-9);
  EXPECT_EQ((*comparisons)[1].quantity, "thread CPU");
  EXPECT_NEAR((*comparisons)[1].ratio, 4, 1e-9);
  for (const Comparison& comparison : *comparisons) {
    EXPECT_EQ(comparison.n, 8);
    EXPECT_TRUE(comparison.good);
    EXPECT_NEAR(comparison.interval.low, comparison.ratio, 1e-9);
    EXPECT_NEAR(comparison.interval.high, comparison.ratio, 1e-9);
  }
}

TEST(ComparisonTest, MediansAreOfEachSide) {
  const auto comparisons = Compare(PairsWith(2, 1, 7), kLowAt95);
  EXPECT_NEAR((*comparisons)[0].other, 1.3, 1e-9);
  EXPECT_NEAR((*comparisons)[0].product, 2.6, 1e-9);
}

TEST(ComparisonTest, ADeficitInOneQuantityIsTold) {
  const auto comparisons = Compare(PairsWith(1, 1.1, 8), kLowAt95);
  EXPECT_TRUE((*comparisons)[0].good);
  EXPECT_FALSE((*comparisons)[1].good);
}

TEST(ComparisonTest, TheCriterionNamesTheBoundThatDecides) {
  std::vector<Pair> pairs = PairsWith(0.9, 1, 4);
  for (const Pair& pair : PairsWith(1.1, 1, 4)) pairs.push_back(pair);
  EXPECT_FALSE(Compare(pairs, kLowAt95)->at(0).good);
  EXPECT_TRUE(Compare(pairs, kHighAt98)->at(0).good);
  EXPECT_FALSE(Compare(PairsWith(0.97, 1, 8), kHighAt98)->at(0).good);
}

TEST(ComparisonTest, HostCpuIsForInformation) {
  std::vector<Pair> pairs = PairsWith(1, 1, 8);
  for (Pair& pair : pairs) {
    pair.product.host_cpu_ns_per_byte = 3;
    pair.other.host_cpu_ns_per_byte = 1;
  }
  const Comparison host = Compare(pairs, kLowAt95)->at(2);
  EXPECT_EQ(host.quantity, "host CPU");
  EXPECT_NEAR(host.ratio, 1.0 / 3, 1e-9);
  EXPECT_FALSE(host.decides);
  EXPECT_TRUE(host.good);
}

TEST(ComparisonTest, WhatOneSideDoesNotTellIsNotCompared) {
  std::vector<Pair> pairs = PairsWith(1, 1, 8);
  pairs[3].other.cpu_ns_per_byte.reset();
  EXPECT_EQ(Compare(pairs, kHighAt98)->size(), 1);
}

TEST(ComparisonTest, RefusesTooFewPairsAndAnEmptyWindow) {
  EXPECT_THAT(Compare(PairsWith(1, 1, 5), kLowAt95),
              StatusIs(absl::StatusCode::kFailedPrecondition, "need >= 6"));
  EXPECT_THAT(Compare(PairsWith(0, 1, 8), kLowAt95),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("not finite")));
}

TEST(ComparisonTest, EndsMayHaveWindowsOfDifferentLengths) {
  const Observation observation = ObservationOf({.window_ns = 1000, .bytes = 990, .cpu_ns = 800},
                                                {.window_ns = 2000, .bytes = 2000, .cpu_ns = 400});
  EXPECT_DOUBLE_EQ(observation.goodput_gbps, 8);
  EXPECT_DOUBLE_EQ(*observation.cpu_ns_per_byte, 0.8 + 0.2);
  EXPECT_FALSE(observation.host_cpu_ns_per_byte.has_value());
}

}  // namespace
}  // namespace copycost::bench
