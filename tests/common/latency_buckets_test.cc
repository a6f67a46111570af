#include "common/latency_buckets.h"

#include <gtest/gtest.h>

#include <cmath>

namespace copycost {
namespace {

constexpr uint64_t kMost = (uint64_t{1} << 40) - 1;

TEST(LatencyBucketsTest, EachBeginsWhereTheOneBeforeEnds) {
  for (uint32_t bucket = 0; bucket < kLatencyBuckets; ++bucket) {
    const uint64_t least = LeastOfLatencyBucket(bucket);
    const uint64_t next = LeastOfLatencyBucket(bucket + 1);
    ASSERT_LT(least, next);
    ASSERT_EQ(LatencyBucketOf(least), bucket);
    ASSERT_EQ(LatencyBucketOf(next - 1), bucket);
  }
}

TEST(LatencyBucketsTest, ALatencyIsToldWithinOnePercent) {
  for (uint64_t ns = 1; ns < kMost; ns += 1 + ns / 97) {
    const double told = MiddleOfLatencyBucket(LatencyBucketOf(ns));
    ASSERT_LE(std::abs(told - static_cast<double>(ns)), 0.01 * static_cast<double>(ns)) << ns;
  }
}

TEST(LatencyBucketsTest, NanosecondsAreExactAndHundredSecondsFit) {
  for (uint64_t ns = 0; ns < 128; ++ns) EXPECT_EQ(MiddleOfLatencyBucket(LatencyBucketOf(ns)), ns);
  EXPECT_LT(LatencyBucketOf(100'000'000'000), kLatencyBuckets - 1);
  EXPECT_EQ(LatencyBucketOf(kMost), kLatencyBuckets - 1);
  EXPECT_EQ(LatencyBucketOf(~uint64_t{0}), kLatencyBuckets - 1);
}

}  // namespace
}  // namespace copycost
