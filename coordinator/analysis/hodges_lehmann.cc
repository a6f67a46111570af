#include "coordinator/analysis/hodges_lehmann.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <numeric>

#include "absl/base/casts.h"
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

size_t WalshCount(size_t n) { return n * (n + 1) / 2; }

// Halved first: the sum of two could be infinite.
double WalshAverage(double a, double b) { return a / 2 + b / 2; }

// How many Walsh averages are at most `limit`.
size_t CountUpTo(const std::vector<double>& sorted, double limit) {
  size_t count = 0;
  size_t end = sorted.size();  // what lies from here on is too large, with any that comes later too
  for (size_t i = 0; i < end; ++i) {
    while (end > i && WalshAverage(sorted[i], sorted[end - 1]) > limit) --end;
    count += end - i;
  }
  return count;
}

// Integers in the order of the finite numbers that they stand for, one for each.
int64_t OrderOf(double value) {
  const auto bits = absl::bit_cast<int64_t>(value);
  return bits >= 0 ? bits : std::numeric_limits<int64_t>::min() - bits;
}

double NumberAt(int64_t order) {
  return absl::bit_cast<double>(order >= 0 ? order : std::numeric_limits<int64_t>::min() - order);
}

// The rank-th smallest Walsh average, from 1: there are too many of them to be written down.
double WalshAt(const std::vector<double>& sorted, size_t rank) {
  int64_t low = OrderOf(sorted.front()), high = OrderOf(sorted.back());
  while (low < high) {
    const int64_t middle =
        low + static_cast<int64_t>((static_cast<uint64_t>(high) - static_cast<uint64_t>(low)) / 2);
    if (CountUpTo(sorted, NumberAt(middle)) >= rank) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return NumberAt(low);
}

// From the k-th smallest to the k-th largest.
Interval WalshInterval(const std::vector<double>& sorted, size_t k) {
  return {WalshAt(sorted, k), WalshAt(sorted, WalshCount(sorted.size()) + 1 - k)};
}

// The distribution of the signed-rank statistic T of n values.
class SignedRank {
 public:
  // Above this many the normal distribution stands for it; its tails are the wider ones, so that
  // levels are not told smaller than they are.
  static constexpr size_t kMostExact = 50;

  explicit SignedRank(size_t n) : n_(static_cast<double>(n)) {
    if (n > kMostExact) return;
    // Rank r adds r to T or does not, with equal probability, so each rank in turn halves what was
    // there and shifts the other half. T is symmetric: half of its range is enough.
    const size_t middle = n * (n + 1) / 4;
    below_.assign(middle + 1, 0.0);
    below_[0] = 1;
    size_t reach = 0;  // the largest T so far
    for (size_t rank = 1; rank <= n; ++rank) {
      reach = std::min(reach + rank, middle);
      for (size_t t = reach + 1; t-- > 0;) {
        below_[t] = (below_[t] + (t >= rank ? below_[t - rank] : 0)) / 2;
      }
    }
    std::partial_sum(below_.begin(), below_.end(), below_.begin());
  }

  // 2 P(T < k), for k from 1 to half of the range: the level of the interval from the k-th smallest
  // Walsh average to the k-th largest.
  double LevelOf(size_t k) const {
    if (!below_.empty()) return std::min(1.0, 2 * below_[std::min(k, below_.size()) - 1]);
    const double mean = n_ * (n_ + 1) / 4;
    const double deviation = std::sqrt(n_ * (n_ + 1) * (2 * n_ + 1) / 24);
    return std::erfc((mean - (static_cast<double>(k) - 0.5)) / deviation / std::numbers::sqrt2);
  }

 private:
  double n_;
  std::vector<double> below_;  // P(T <= t), by t; empty where it is not exact
};

// The largest k of an interval with at most this level; 0 when there is none.
size_t LargestSignedRank(size_t n, double level) {
  const SignedRank statistic(n);
  size_t covers = 0, misses = WalshCount(n) / 2 + 1;
  while (misses - covers > 1) {
    const size_t middle = covers + (misses - covers) / 2;
    (statistic.LevelOf(middle) <= level ? covers : misses) = middle;
  }
  return covers;
}

absl::StatusOr<std::vector<double>> Sorted(std::vector<double> values) {
  RETURN_IF_ERROR(CheckValues(values));
  std::sort(values.begin(), values.end());
  return values;
}

bool IsDecisive(const Interval& interval, const Interval& band) {
  return interval.low > band.high || interval.high < band.low ||
         (interval.low >= band.low && interval.high <= band.high);
}

}  // namespace

absl::StatusOr<double> HodgesLehmann(const std::vector<double>& values) {
  ASSIGN_OR_RETURN(const std::vector<double> sorted, Sorted(values));
  const size_t count = WalshCount(sorted.size());
  const Interval middle = WalshInterval(sorted, (count + 1) / 2);
  return WalshAverage(middle.low, middle.high);
}

absl::StatusOr<Interval> HodgesLehmannInterval(const std::vector<double>& values, double level) {
  if (!(level > 0 && level < 1)) {
    return absl::InvalidArgumentError(absl::StrCat("level ", level, " is not between 0 and 1"));
  }
  if (values.size() < LeastPairs(level)) {
    return absl::FailedPreconditionError(absl::StrCat("need >= ", LeastPairs(level)));
  }
  ASSIGN_OR_RETURN(const std::vector<double> sorted, Sorted(values));
  return WalshInterval(sorted, LargestSignedRank(sorted.size(), level));
}

absl::StatusOr<double> DecisiveLevel(const std::vector<double>& values, const Interval& band) {
  ASSIGN_OR_RETURN(const std::vector<double> sorted, Sorted(values));
  // Each interval lies within those of smaller ranks.
  size_t open = 0, decides = (WalshCount(sorted.size()) + 1) / 2 + 1;
  const size_t none = decides;
  while (decides - open > 1) {
    const size_t middle = open + (decides - open) / 2;
    (IsDecisive(WalshInterval(sorted, middle), band) ? decides : open) = middle;
  }
  return decides == none ? 1 : SignedRank(sorted.size()).LevelOf(decides);
}

size_t LeastPairs(double level) {
  size_t n = 1;
  for (double attained = 1; attained > level; attained /= 2) ++n;
  return n;
}

}  // namespace copycost::analysis
