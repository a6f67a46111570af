// Estimates that assume nothing about the distribution of the observations but independence.
#ifndef COPYCOST_COORDINATOR_ANALYSIS_ORDER_STATISTICS_H_
#define COPYCOST_COORDINATOR_ANALYSIS_ORDER_STATISTICS_H_

#include <vector>

#include "absl/status/statusor.h"

namespace copycost::analysis {

struct Interval {
  double low;
  double high;
};

// The mean of the two middle values when there are two. InvalidArgument without values.
absl::StatusOr<double> Median(std::vector<double> values);

// The narrowest symmetric pair of order statistics that covers the median with probability >= 0.95,
// exactly, by the binomial distribution: [x(k), x(n+1-k)] with the largest k for which
// 2 P(Bin(n, 1/2) < k) <= 0.05 (David and Nagaraja, Order Statistics, 7.1). That is minimum to
// maximum for n = 6 to 8. FailedPrecondition "need >= 6" below: not even the extremes cover it.
absl::StatusOr<Interval> MedianInterval(std::vector<double> values);

}  // namespace copycost::analysis

#endif  // COPYCOST_COORDINATOR_ANALYSIS_ORDER_STATISTICS_H_
