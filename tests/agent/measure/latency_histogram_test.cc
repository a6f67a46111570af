#include "agent/measure/latency_histogram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

namespace copycost {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(LatencyHistogramTest, TellsNothingOfNothing) {
  const v1::LatencyHistogram told = LatencyHistogram().Tell();
  EXPECT_THAT(told.buckets(), IsEmpty());
  EXPECT_EQ(told.count(), 0u);
  EXPECT_EQ(told.min_ns(), 0u);
  EXPECT_EQ(told.max_ns(), 0u);
}

TEST(LatencyHistogramTest, CountsInAscendingBucketsAndKeepsTheExtremes) {
  LatencyHistogram histogram;
  for (const uint64_t ns : {5'000, 3, 5'001, 1'000'003, 3}) histogram.Record(ns);
  const v1::LatencyHistogram told = histogram.Tell();
  EXPECT_THAT(told.buckets(), ElementsAre(3, LatencyBucketOf(5'000), LatencyBucketOf(1'000'003)));
  EXPECT_THAT(told.counts(), ElementsAre(2, 2, 1));
  EXPECT_EQ(told.count(), 5u);
  EXPECT_EQ(told.min_ns(), 3u);
  EXPECT_EQ(told.max_ns(), 1'000'003u);
}

TEST(LatencyHistogramTest, TakesEveryLatencyThereIs) {
  LatencyHistogram histogram;
  histogram.Record(0);
  histogram.Record(~uint64_t{0});
  const v1::LatencyHistogram told = histogram.Tell();
  EXPECT_THAT(told.buckets(), ElementsAre(0, kLatencyBuckets - 1));
  EXPECT_EQ(told.max_ns(), ~uint64_t{0});
}

}  // namespace
}  // namespace copycost
