#include "coordinator/analysis/hodges_lehmann.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <random>

#include "tests/testing/status_matchers.h"

namespace copycost::analysis {
namespace {

using ::copycost::testing::StatusIs;
using ::testing::HasSubstr;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// The engine's output is the same everywhere; that of the library's distributions is not.
class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}

  double Uniform() { return (static_cast<double>(engine_() >> 11) + 0.5) * 0x1p-53; }
  // Symmetric about 0, and without a mean.
  double Cauchy() { return std::tan(std::numbers::pi * (Uniform() - 0.5)); }

  std::vector<double> Cauchy(size_t n) {
    std::vector<double> values(n);
    for (double& value : values) value = Cauchy();
    return values;
  }

 private:
  std::mt19937_64 engine_;
};

std::vector<double> SortedWalshAverages(const std::vector<double>& values) {
  std::vector<double> averages;
  for (size_t i = 0; i < values.size(); ++i) {
    for (size_t j = 0; j <= i; ++j) averages.push_back((values[i] + values[j]) / 2);
  }
  std::sort(averages.begin(), averages.end());
  return averages;
}

// By counting: of all 2^n ways to give signs to the ranks, how many have so small a rank sum,
// twice.
double ExactTwoSidedP(const std::vector<double>& values, double centre) {
  std::vector<double> differences = values;
  for (double& difference : differences) difference -= centre;
  std::sort(differences.begin(), differences.end(),
            [](double a, double b) { return std::abs(a) < std::abs(b); });
  const size_t n = differences.size();
  const auto positive_ranks = [n](auto is_positive) {
    size_t sum = 0;
    for (size_t i = 0; i < n; ++i) sum += is_positive(i) ? i + 1 : 0;
    return sum;
  };
  const size_t observed = positive_ranks([&](size_t i) { return differences[i] > 0; });
  const size_t smaller = std::min(observed, n * (n + 1) / 2 - observed);
  size_t as_small = 0;
  for (uint32_t signs = 0; signs < 1U << n; ++signs) {
    if (positive_ranks([&](size_t i) { return (signs >> i & 1) != 0; }) <= smaller) ++as_small;
  }
  return std::min(1.0, 2.0 * static_cast<double>(as_small) / static_cast<double>(1U << n));
}

TEST(HodgesLehmannTest, IsTheMedianOfTheWalshAverages) {
  EXPECT_EQ(*HodgesLehmann({3}), 3);
  EXPECT_EQ(*HodgesLehmann({1, 5}), 3);
  EXPECT_EQ(*HodgesLehmann({0, 1, 10}), 3);  // of 0, 0.5, 1, 5, 5.5, 10
}

// Hollander and Wolfe, examples 3.3 and 3.4: depression scale factors of nine patients.
TEST(HodgesLehmannTest, AgreesWithAPublishedExample) {
  const std::vector<double> differences = {-0.952, 0.147,  -1.022, -0.430, -0.620,
                                           -0.590, -0.490, 0.080,  -0.010};
  EXPECT_NEAR(*HodgesLehmann(differences), -0.46, 1e-9);
  const auto interval = HodgesLehmannInterval(differences, 0.05);
  ASSERT_OK(interval);
  EXPECT_NEAR(interval->low, -0.786, 1e-9);
  EXPECT_NEAR(interval->high, -0.010, 1e-9);
}

TEST(HodgesLehmannTest, FollowsAShiftOfEveryValue) {
  Random random(1);
  for (size_t n = 6; n < 30; ++n) {
    const std::vector<double> values = random.Cauchy(n);
    std::vector<double> shifted = values;
    for (double& value : shifted) value += 64;
    const double slack = 1e-9;
    EXPECT_NEAR(*HodgesLehmann(shifted), *HodgesLehmann(values) + 64, slack);
    const auto interval = HodgesLehmannInterval(values, 0.05);
    const auto moved = HodgesLehmannInterval(shifted, 0.05);
    EXPECT_NEAR(moved->low, interval->low + 64, slack);
    EXPECT_NEAR(moved->high, interval->high + 64, slack);
  }
}

// A over B is the negation of B over A.
TEST(HodgesLehmannTest, TurnsWithTheSignOfEveryValue) {
  Random random(2);
  for (size_t n = 6; n < 30; ++n) {
    const std::vector<double> values = random.Cauchy(n);
    std::vector<double> negated = values;
    for (double& value : negated) value = -value;
    EXPECT_EQ(*HodgesLehmann(negated), -*HodgesLehmann(values));
    const auto interval = HodgesLehmannInterval(values, 0.05);
    const auto turned = HodgesLehmannInterval(negated, 0.05);
    EXPECT_EQ(turned->low, -interval->high);
    EXPECT_EQ(turned->high, -interval->low);
  }
}

TEST(HodgesLehmannTest, OrderOfTheValuesIsOfNoEffect) {
  std::vector<double> values = Random(3).Cauchy(12);
  const auto interval = HodgesLehmannInterval(values, 0.05);
  std::reverse(values.begin(), values.end());
  EXPECT_EQ(HodgesLehmannInterval(values, 0.05)->low, interval->low);
  EXPECT_EQ(HodgesLehmannInterval(values, 0.05)->high, interval->high);
}

// Critical values of the signed-rank statistic as printed (Wilcoxon and Wilcox, Some Rapid
// Approximate Statistical Procedures, 1964). T at most the critical value is rejected, so the bound
// is the Walsh average after it.
TEST(HodgesLehmannTest, RanksAreThoseOfTheTables) {
  const struct {
    double level;
    size_t n;
    size_t critical;
  } kTable[] = {{0.05, 6, 0},   {0.05, 7, 2},   {0.05, 8, 3},   {0.05, 9, 5},   {0.05, 10, 8},
                {0.05, 11, 10}, {0.05, 12, 13}, {0.05, 15, 25}, {0.05, 20, 52}, {0.05, 25, 89},
                {0.02, 7, 0},   {0.02, 10, 5},  {0.02, 20, 43}, {0.01, 8, 0},   {0.01, 10, 3},
                {0.01, 15, 15}, {0.01, 20, 37}, {0.01, 25, 68}, {0.01, 30, 109}};
  Random random(4);
  for (const auto& [level, n, critical] : kTable) {
    const std::vector<double> values = random.Cauchy(n);
    const std::vector<double> averages = SortedWalshAverages(values);
    const auto interval = HodgesLehmannInterval(values, level);
    ASSERT_OK(interval);
    EXPECT_EQ(interval->low, averages[critical]) << n << " at " << level;
    EXPECT_EQ(interval->high, averages[averages.size() - 1 - critical]) << n << " at " << level;
  }
}

TEST(HodgesLehmannTest, IntervalHoldsTheCentresThatTheExactTestDoesNotReject) {
  Random random(5);
  for (size_t n = 6; n <= 12; ++n) {
    const std::vector<double> values = random.Cauchy(n);
    for (const double level : {0.05, 0.1, 0.3}) {
      const auto interval = HodgesLehmannInterval(values, level);
      ASSERT_OK(interval);
      constexpr double kStep = 1e-9;
      EXPECT_GT(ExactTwoSidedP(values, interval->low + kStep), level);
      EXPECT_LE(ExactTwoSidedP(values, interval->low - kStep), level);
      EXPECT_GT(ExactTwoSidedP(values, interval->high - kStep), level);
      EXPECT_LE(ExactTwoSidedP(values, interval->high + kStep), level);
    }
  }
}

TEST(HodgesLehmannTest, CoversTheCentreAsOftenAsItSays) {
  constexpr int kSimulations = 4000;
  // 2 P(T <= 8) = 50 / 1024 for n = 10.
  constexpr double kExpected = 1 - 50.0 / 1024;
  Random random(6);
  int covered = 0;
  for (int i = 0; i < kSimulations; ++i) {
    std::vector<double> values = random.Cauchy(10);
    for (double& value : values) value += 0.25;
    const auto interval = HodgesLehmannInterval(values, 0.05);
    if (interval->low <= 0.25 && 0.25 <= interval->high) ++covered;
  }
  const double three_sigma = 3 * std::sqrt(kExpected * (1 - kExpected) / kSimulations);
  EXPECT_NEAR(static_cast<double>(covered) / kSimulations, kExpected, three_sigma);
}

// The intervals at larger levels are within those at smaller ones, so that the level where they
// begin to decide is found by trying them all.
TEST(HodgesLehmannTest, DecidesFromALevelOn) {
  Random random(8);
  const Interval band{-0.5, 0.5};
  const auto decides = [&](const std::vector<double>& values, double level) {
    const auto interval = HodgesLehmannInterval(values, level);
    return interval.ok() && (interval->low > band.high || interval->high < band.low ||
                             (interval->low >= band.low && interval->high <= band.high));
  };
  int decided = 0;
  for (int i = 0; i < 200; ++i) {
    std::vector<double> values = random.Cauchy(6 + i % 8);
    for (double& value : values) value = value / 4 + i % 3 - 1;  // below, inside, above
    const double level = *DecisiveLevel(values, band);
    if (level == 1) continue;
    ++decided;
    EXPECT_TRUE(decides(values, level + 1e-12));
    EXPECT_FALSE(decides(values, level - 1e-12));
  }
  EXPECT_GT(decided, 100);
}

TEST(HodgesLehmannTest, DecidesAtTheLevelOfTheFirstIntervalThatDoes) {
  EXPECT_EQ(*DecisiveLevel({0, 1}, {-0.5, 0.5}), 1);
  EXPECT_EQ(*DecisiveLevel({2, 3, 4, 5, 6, 7}, {-0.5, 0.5}), 1.0 / 32);
  EXPECT_EQ(*DecisiveLevel({0, 0, 0, 0, 0, 0}, {0, 0}), 1.0 / 32);
  EXPECT_THAT(DecisiveLevel({}, {0, 0}), StatusIs(absl::StatusCode::kInvalidArgument, "no values"));
}

// Above 50 values ranks are those of the normal distribution: close to the exact ones, and never
// above.
TEST(HodgesLehmannTest, ManyValuesHaveNoNarrowerIntervals) {
  Random random(9);
  for (const size_t n : {51, 80}) {
    std::vector<double> probability(n * (n + 1) / 2 + 1, 0.0);
    probability[0] = 1;
    for (size_t rank = 1; rank <= n; ++rank) {
      for (size_t t = probability.size(); t-- > 0;) {
        probability[t] = (probability[t] + (t >= rank ? probability[t - rank] : 0)) / 2;
      }
    }
    const std::vector<double> values = random.Cauchy(n);
    const std::vector<double> averages = SortedWalshAverages(values);
    for (const double level : {0.05, 0.01, 0.001}) {
      size_t exact = 0;
      for (double below = probability[0]; 2 * below <= level; below += probability[exact]) ++exact;
      const auto interval = HodgesLehmannInterval(values, level);
      ASSERT_OK(interval);
      const auto rank =
          std::lower_bound(averages.begin(), averages.end(), interval->low) - averages.begin() + 1;
      EXPECT_LE(static_cast<size_t>(rank), exact) << n << " at " << level;
      EXPECT_GE(static_cast<size_t>(rank) + 3 + exact / 30, exact) << n << " at " << level;
    }
  }
}

TEST(HodgesLehmannTest, TakesVeryManyValues) {
  Random random(10);
  const std::vector<double> values = random.Cauchy(20'000);
  const auto interval = HodgesLehmannInterval(values, 0.05);
  ASSERT_OK(interval);
  EXPECT_LT(interval->low, *HodgesLehmann(values));
  EXPECT_LT(*HodgesLehmann(values), interval->high);
  EXPECT_LT(interval->high - interval->low, 0.2);
  EXPECT_LT(*DecisiveLevel(values, {-0.5, 0.5}), 1e-100);
}

TEST(HodgesLehmannTest, RefusesALevelThatSoFewCannotAttain) {
  Random random(7);
  const struct {
    double level;
    size_t need;
    const char* message;
  } kCases[] = {{0.05, 6, "need >= 6"},
                {0.02, 7, "need >= 7"},
                {0.01, 8, "need >= 8"},
                {0.002, 10, "need >= 10"},
                {0.0005, 12, "need >= 12"}};
  for (const auto& [level, need, message] : kCases) {
    EXPECT_EQ(LeastPairs(level), need);
    EXPECT_THAT(HodgesLehmannInterval(random.Cauchy(need - 1), level),
                StatusIs(absl::StatusCode::kFailedPrecondition, message));
    const std::vector<double> enough = random.Cauchy(need);
    const auto interval = HodgesLehmannInterval(enough, level);
    ASSERT_OK(interval);
    EXPECT_EQ(interval->low, *std::min_element(enough.begin(), enough.end()));
    EXPECT_EQ(interval->high, *std::max_element(enough.begin(), enough.end()));
  }
}

TEST(HodgesLehmannTest, RefusesWhatIsNoLevelOrNoValue) {
  const std::vector<double> values = Random(8).Cauchy(8);
  for (const double level : {0.0, 1.0, -0.1, std::nan("")}) {
    EXPECT_THAT(HodgesLehmannInterval(values, level),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("level")));
  }
  EXPECT_FALSE(HodgesLehmann({}).ok());
  EXPECT_THAT(HodgesLehmann({1, -kInfinity}),
              StatusIs(absl::StatusCode::kInvalidArgument, "value 2 is not finite"));
  EXPECT_THAT(HodgesLehmannInterval({1, 2, 3, 4, 5, std::nan("")}, 0.05),
              StatusIs(absl::StatusCode::kInvalidArgument, "value 6 is not finite"));
}

TEST(HodgesLehmannTest, EqualValuesAreTheirOwnInterval) {
  const auto interval = HodgesLehmannInterval(std::vector<double>(20, 1.5), 0.05);
  ASSERT_OK(interval);
  EXPECT_EQ(interval->low, 1.5);
  EXPECT_EQ(interval->high, 1.5);
}

TEST(HodgesLehmannTest, ManyPairsFollowTheNormalApproximation) {
  constexpr size_t kPairs = 300;
  const std::vector<double> values = Random(9).Cauchy(kPairs);
  const auto interval = HodgesLehmannInterval(values, 0.05);
  ASSERT_OK(interval);
  const std::vector<double> averages = SortedWalshAverages(values);
  const auto rank = std::lower_bound(averages.begin(), averages.end(), interval->low);
  const double mean = kPairs * (kPairs + 1) / 4.0;
  const double deviation = std::sqrt(mean * (2 * kPairs + 1) / 6.0);
  EXPECT_NEAR(static_cast<double>(rank - averages.begin()), mean - 1.96 * deviation,
              0.01 * deviation);
}

}  // namespace
}  // namespace copycost::analysis
