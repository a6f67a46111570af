// The buckets of a LatencyHistogram (trial.proto): one table for the agent that fills them and the
// coordinator that reads them. Log-linear: 64 buckets to each doubling.
#ifndef COPYCOST_COMMON_LATENCY_BUCKETS_H_
#define COPYCOST_COMMON_LATENCY_BUCKETS_H_

#include <algorithm>
#include <bit>
#include <cstdint>

namespace copycost {

inline constexpr uint32_t kLatencyBuckets = 2240;

// Where a latency belongs. Those beyond 2^40 ns (18 minutes) belong to the last bucket.
constexpr uint32_t LatencyBucketOf(uint64_t ns) {
  if (ns < 128) return static_cast<uint32_t>(ns);
  const auto shift = static_cast<uint32_t>(std::bit_width(ns)) - 7;
  return std::min(64 * shift + static_cast<uint32_t>(ns >> shift), kLatencyBuckets - 1);
}

// The smallest latency of a bucket.
constexpr uint64_t LeastOfLatencyBucket(uint32_t bucket) {
  if (bucket < 128) return bucket;
  const uint32_t shift = bucket / 64 - 1;
  return uint64_t{bucket - 64 * shift} << shift;
}

// What stands for a latency of which only the bucket is known: its middle, at most 0.8 % from any
// latency in it (but those beyond the last).
constexpr double MiddleOfLatencyBucket(uint32_t bucket) {
  const auto least = static_cast<double>(LeastOfLatencyBucket(bucket));
  const auto most = static_cast<double>(LeastOfLatencyBucket(bucket + 1) - 1);
  return (least + most) / 2;
}

}  // namespace copycost

#endif  // COPYCOST_COMMON_LATENCY_BUCKETS_H_
