#include "coordinator/analysis/order_statistics.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>

#include "coordinator/analysis/errno_policy.h"

namespace copycost::analysis {
namespace {

using Binomial = boost::math::binomial_distribution<double, ErrnoPolicy>;

// The probability that the interval from the k-th smallest to the k-th largest misses the median.
double MissProbability(const Binomial& below_median, size_t k) {
  return 2 * boost::math::cdf(below_median, static_cast<double>(k - 1));
}

// The largest such k, at most n / 2; 0 when there is none. The probability grows with k.
size_t LargestRank(size_t n, double level) {
  const Binomial below_median(static_cast<double>(n), 0.5);
  size_t covers = 0, misses = n / 2 + 1;
  while (misses - covers > 1) {
    const size_t middle = covers + (misses - covers) / 2;
    (MissProbability(below_median, middle) <= level ? covers : misses) = middle;
  }
  return covers;
}

}  // namespace

absl::StatusOr<double> Median(std::vector<double> values) {
  if (values.empty()) return absl::InvalidArgumentError("no values");
  const auto middle = values.begin() + values.size() / 2;
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*std::max_element(values.begin(), middle) + *middle) / 2;
}

absl::StatusOr<Interval> MedianInterval(std::vector<double> values) {
  const size_t k = LargestRank(values.size(), 0.05);
  if (k == 0) return absl::FailedPreconditionError("need >= 6");
  std::sort(values.begin(), values.end());
  return Interval{values[k - 1], values[values.size() - k]};
}

}  // namespace copycost::analysis
