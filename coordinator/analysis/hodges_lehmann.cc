#include "coordinator/analysis/hodges_lehmann.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "common/status.h"

namespace copycost::analysis {
namespace {

absl::Status CheckValues(const std::vector<double>& values) {
  if (values.empty()) return absl::InvalidArgumentError("no values");
  for (size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      return absl::InvalidArgumentError(absl::StrCat("value ", i + 1, " is not finite"));
    }
  }
  return absl::OkStatus();
}

std::vector<double> WalshAverages(const std::vector<double>& values) {
  std::vector<double> averages;
  averages.reserve(values.size() * (values.size() + 1) / 2);
  for (size_t i = 0; i < values.size(); ++i) {
    // Halved first: the sum of two could be infinite.
    for (size_t j = i; j < values.size(); ++j) averages.push_back(values[i] / 2 + values[j] / 2);
  }
  return averages;
}

// P(T = t) for t = 0 to the middle of its range, which is symmetric. Rank r adds r to T or does
// not, with equal probability, so each rank in turn halves what was there and shifts the other
// half.
std::vector<double> SignedRankProbabilities(size_t n) {
  const size_t middle = n * (n + 1) / 4;
  std::vector<double> probability(middle + 1, 0.0);
  probability[0] = 1;
  size_t reach = 0;  // the largest T so far
  for (size_t rank = 1; rank <= n; ++rank) {
    reach = std::min(reach + rank, middle);
    for (size_t t = reach + 1; t-- > 0;) {
      probability[t] = (probability[t] + (t >= rank ? probability[t - rank] : 0)) / 2;
    }
  }
  return probability;
}

// The largest k for which 2 P(T < k) <= level; 0 when there is none.
size_t LargestSignedRank(size_t n, double level) {
  size_t k = 0;
  double below = 0;
  for (const double probability : SignedRankProbabilities(n)) {
    below += probability;
    if (2 * below > level) break;
    ++k;
  }
  return k;
}

bool IsDecisive(const Interval& interval, const Interval& band) {
  return interval.low > band.high || interval.high < band.low ||
         (interval.low >= band.low && interval.high <= band.high);
}

}  // namespace

absl::StatusOr<double> HodgesLehmann(const std::vector<double>& values) {
  RETURN_IF_ERROR(CheckValues(values));
  return Median(WalshAverages(values));
}

absl::StatusOr<Interval> HodgesLehmannInterval(const std::vector<double>& values, double level) {
  if (!(level > 0 && level < 1)) {
    return absl::InvalidArgumentError(absl::StrCat("level ", level, " is not between 0 and 1"));
  }
  if (values.size() < LeastPairs(level)) {
    return absl::FailedPreconditionError(absl::StrCat("need >= ", LeastPairs(level)));
  }
  RETURN_IF_ERROR(CheckValues(values));
  std::vector<double> averages = WalshAverages(values);
  std::sort(averages.begin(), averages.end());
  const size_t k = LargestSignedRank(values.size(), level);
  return Interval{averages[k - 1], averages[averages.size() - k]};
}

absl::StatusOr<double> DecisiveLevel(const std::vector<double>& values, const Interval& band) {
  RETURN_IF_ERROR(CheckValues(values));
  std::vector<double> averages = WalshAverages(values);
  std::sort(averages.begin(), averages.end());
  double below = 0;
  size_t k = 0;
  for (const double probability : SignedRankProbabilities(values.size())) {
    if (2 * k >= averages.size()) break;
    below += probability;
    const Interval interval{averages[k], averages[averages.size() - 1 - k]};
    if (IsDecisive(interval, band)) return std::min(1.0, 2 * below);
    ++k;
  }
  return 1;
}

size_t LeastPairs(double level) {
  size_t n = 1;
  for (double attained = 1; attained > level; attained /= 2) ++n;
  return n;
}

}  // namespace copycost::analysis
