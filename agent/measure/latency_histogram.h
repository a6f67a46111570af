// How long the exchanges of one flow took. Fixed memory, nothing allocated when recording. Its data
// thread records, and tells it when the flow is over.
#ifndef COPYCOST_AGENT_MEASURE_LATENCY_HISTOGRAM_H_
#define COPYCOST_AGENT_MEASURE_LATENCY_HISTOGRAM_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "common/latency_buckets.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

class LatencyHistogram {
 public:
  void Record(uint64_t ns) {
    ++counts_[LatencyBucketOf(ns)];
    ++count_;
    min_ns_ = std::min(min_ns_, ns);
    max_ns_ = std::max(max_ns_, ns);
  }

  uint64_t count() const { return count_; }

  // As trial.proto defines it.
  v1::LatencyHistogram Tell() const;

 private:
  std::array<uint64_t, kLatencyBuckets> counts_{};
  uint64_t count_ = 0;
  uint64_t min_ns_ = std::numeric_limits<uint64_t>::max();
  uint64_t max_ns_ = 0;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_MEASURE_LATENCY_HISTOGRAM_H_
