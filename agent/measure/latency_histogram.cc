#include "agent/measure/latency_histogram.h"

namespace copycost {

v1::LatencyHistogram LatencyHistogram::Tell() const {
  v1::LatencyHistogram told;
  for (uint32_t bucket = 0; bucket < kLatencyBuckets; ++bucket) {
    if (counts_[bucket] == 0) continue;
    told.add_buckets(bucket);
    told.add_counts(counts_[bucket]);
  }
  told.set_count(count_);
  if (count_ > 0) told.set_min_ns(min_ns_);
  told.set_max_ns(max_ns_);
  return told;
}

}  // namespace copycost
