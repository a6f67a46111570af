#include "coordinator/analysis/multiplicity.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <vector>

namespace copycost::analysis {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

int Decided(const std::vector<double>& p, const std::vector<double>& levels) {
  int decided = 0;
  for (size_t i = 0; i < p.size(); ++i) decided += p[i] <= levels[i] ? 1 : 0;
  return decided;
}

TEST(MultiplicityTest, HolmGivesEachNextOneMore) {
  EXPECT_THAT(HolmLevels({0.03, 0.001, 0.02}, 0.06), ElementsAre(0.06, 0.02, 0.03));
}

TEST(MultiplicityTest, HolmStopsAtTheFirstThatIsTooLarge) {
  // 0.026 would be small enough alone.
  EXPECT_THAT(HolmLevels({0.026, 0.001, 0.025, 0.9}, 0.06), ElementsAre(0.02, 0.015, 0.02, 0.02));
}

// Benjamini and Hochberg's own example: 15 p-values, of which four are decided at 5 %, and three by
// Bonferroni's procedure and by Holm's.
TEST(MultiplicityTest, AgreesWithAPublishedExample) {
  const std::vector<double> p = {0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                                 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000};
  EXPECT_EQ(Decided(p, BenjaminiHochbergLevels(p, 0.05)), 4);
  EXPECT_THAT(BenjaminiHochbergLevels(p, 0.05)[9], DoubleEq(4 * 0.05 / 15));
  EXPECT_EQ(Decided(p, HolmLevels(p, 0.05)), 3);
}

TEST(MultiplicityTest, OneClaimHasTheWholeLevel) {
  for (const double p : {0.01, 0.5}) {
    EXPECT_THAT(HolmLevels({p}, 0.05), ElementsAre(0.05));
    EXPECT_THAT(BenjaminiHochbergLevels({p}, 0.05), ElementsAre(0.05));
  }
  EXPECT_THAT(HolmLevels({}, 0.05), IsEmpty());
  EXPECT_THAT(BenjaminiHochbergLevels({}, 0.05), IsEmpty());
}

// Whatever is true, Holm decides no more than Benjamini and Hochberg, and no less than Bonferroni.
TEST(MultiplicityTest, ProceduresAreOrderedAndFollowTheOrderOfTheirClaims) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 500; ++i) {
    std::vector<double> p(1 + random() % 12);
    for (double& value : p) value = 0.2 * static_cast<double>(random() >> 11) * 0x1p-53;
    const std::vector<double> holm = HolmLevels(p, 0.05);
    const std::vector<double> bonferroni(p.size(), 0.05 / static_cast<double>(p.size()));
    EXPECT_GE(Decided(p, holm), Decided(p, bonferroni));
    EXPECT_GE(Decided(p, BenjaminiHochbergLevels(p, 0.05)), Decided(p, holm));
    std::vector<double> turned(p.rbegin(), p.rend());
    std::vector<double> levels = HolmLevels(turned, 0.05);
    std::reverse(levels.begin(), levels.end());
    EXPECT_EQ(levels, holm);
  }
}

// Of families in which nothing is true, p being uniform, 5 % have a decision.
TEST(MultiplicityTest, FamiliesOfNothingDecideAsOftenAsTheySay) {
  constexpr int kFamilies = 20'000;
  std::mt19937_64 random(2);
  int holm = 0, hochberg = 0;
  for (int i = 0; i < kFamilies; ++i) {
    std::vector<double> p(5);
    for (double& value : p) value = (static_cast<double>(random() >> 11) + 0.5) * 0x1p-53;
    holm += Decided(p, HolmLevels(p, 0.05)) > 0 ? 1 : 0;
    hochberg += Decided(p, BenjaminiHochbergLevels(p, 0.05)) > 0 ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(holm) / kFamilies, 1 - 0.99 * 0.99 * 0.99 * 0.99 * 0.99, 0.0046);
  EXPECT_NEAR(static_cast<double>(hochberg) / kFamilies, 0.05, 0.0046);
}

}  // namespace
}  // namespace copycost::analysis
