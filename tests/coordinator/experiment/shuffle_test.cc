#include "coordinator/experiment/shuffle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>

namespace copycost {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAreArray;

TEST(ShuffleTest, DrawsThePublishedSequence) {
  SplitMix64 random(0);
  EXPECT_EQ(random.Next(), 0xe220a8397b1dcdafu);
  EXPECT_EQ(random.Next(), 0x6e789e6aa1b965f4u);
  EXPECT_EQ(random.Next(), 0x06c45d188009454fu);
}

// Stored runs are resumed by these orders. They were worked out by a second implementation.
TEST(ShuffleTest, OrdersNeverChange) {
  EXPECT_THAT(ShuffledOrder(6, 42, 1), ElementsAre(5, 0, 1, 2, 4, 3));
  EXPECT_THAT(ShuffledOrder(6, 42, 2), ElementsAre(2, 4, 3, 1, 5, 0));
  EXPECT_THAT(ShuffledOrder(6, 42, 3), ElementsAre(4, 1, 0, 5, 3, 2));
  EXPECT_THAT(ShuffledOrder(6, std::numeric_limits<uint64_t>::max(), 100'000),
              ElementsAre(5, 1, 4, 0, 3, 2));
}

TEST(ShuffleTest, EveryBlockIsAPermutation) {
  for (uint32_t count : {0u, 1u, 2u, 17u, 100u}) {
    std::vector<uint32_t> all;
    for (uint32_t i = 0; i < count; ++i) all.push_back(i);
    for (uint32_t block = 1; block <= 20; ++block) {
      EXPECT_THAT(ShuffledOrder(count, 7, block), UnorderedElementsAreArray(all));
    }
  }
}

TEST(ShuffleTest, StaysBelowTheBound) {
  SplitMix64 random(1);
  for (uint64_t bound : {uint64_t{1}, uint64_t{3}, (uint64_t{1} << 63) + 1}) {
    for (int i = 0; i < 1000; ++i) EXPECT_LT(random.Below(bound), bound);
  }
}

// Each of the 24 orders of four cells over 24,000 blocks: 1,000 expected, standard deviation 31.
TEST(ShuffleTest, FavoursNoOrder) {
  std::map<std::vector<uint32_t>, int> seen;
  for (uint32_t block = 1; block <= 24'000; ++block) ++seen[ShuffledOrder(4, 123, block)];
  EXPECT_EQ(seen.size(), 24u);
  for (const auto& [order, times] : seen) EXPECT_NEAR(times, 1000, 5 * 31);
}

}  // namespace
}  // namespace copycost
