#include "coordinator/analysis/order_statistics.h"

#include <numeric>

#include "tests/testing/status_matchers.h"

namespace copycost::analysis {
namespace {

using ::copycost::testing::StatusIs;

// n, n - 1 ... 1: the order statistic x(k) is k.
std::vector<double> Countdown(int n) {
  std::vector<double> values(n);
  std::iota(values.rbegin(), values.rend(), 1);
  return values;
}

TEST(OrderStatisticsTest, MedianOfOddAndEvenCounts) {
  EXPECT_EQ(*Median({3}), 3);
  EXPECT_EQ(*Median({5, 1, 3}), 3);
  EXPECT_EQ(*Median({4, 1, 3, 8}), 3.5);
  EXPECT_FALSE(Median({}).ok());
}

TEST(OrderStatisticsTest, BelowSixNotEvenTheExtremesCoverTheMedian) {
  for (int n = 0; n < 6; ++n) {
    EXPECT_THAT(MedianInterval(Countdown(n)),
                StatusIs(absl::StatusCode::kFailedPrecondition, "need >= 6"));
  }
}

// Ranks from printed tables (Conover, Practical Nonparametric Statistics, A3).
TEST(OrderStatisticsTest, IntervalsAreThoseOfTheTables) {
  const struct {
    int n;
    int rank;
  } kTable[] = {{6, 1},  {7, 1},  {8, 1},  {9, 2},  {10, 2},
                {11, 2}, {12, 3}, {15, 4}, {20, 6}, {40, 14}};
  for (const auto& [n, rank] : kTable) {
    const auto interval = MedianInterval(Countdown(n));
    ASSERT_OK(interval);
    EXPECT_EQ(interval->low, rank) << n;
    EXPECT_EQ(interval->high, n + 1 - rank) << n;
  }
}

TEST(OrderStatisticsTest, ManyTrialsNeitherUnderflowNorThrow) {
  const auto interval = MedianInterval(Countdown(100'000));
  ASSERT_OK(interval);
  // n/2 -+ 1.96 sqrt(n)/2
  EXPECT_NEAR(interval->low, 50'000 - 310, 2);
  EXPECT_NEAR(interval->high, 50'000 + 310, 2);
}

}  // namespace
}  // namespace copycost::analysis
