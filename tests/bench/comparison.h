// What the pairs of a cell say: the ratio of the two sides in each quantity, by Hodges and Lehmann
// over the within-pair log ratios, with the exact 95 % interval. Pure.
#ifndef COPYCOST_TESTS_BENCH_COMPARISON_H_
#define COPYCOST_TESTS_BENCH_COMPARISON_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "coordinator/analysis/order_statistics.h"
#include "tests/bench/pairs.h"

namespace copycost::bench {

// Which end of a ratio's interval decides, and what it must reach.
struct Criterion {
  enum class Bound { kLow, kHigh } bound;
  double at_least;
};

struct Comparison {
  absl::string_view quantity;  // "goodput", "thread CPU", "host CPU"
  absl::string_view unit;
  size_t n = 0;
  // Medians, to see the size of things.
  double product = 0;
  double other = 0;
  // Above 1 the product is better, whatever the quantity.
  double ratio = 0;
  analysis::Interval interval{};
  bool decides = false;  // else it is told for information
  bool good = true;      // reaches the criterion, or need not
};

// One for each quantity that both sides tell. FailedPrecondition "need >= 6" below so many pairs;
// InvalidArgument where nothing was moved.
absl::StatusOr<std::vector<Comparison>> Compare(const std::vector<Pair>& pairs,
                                                const Criterion& criterion);

}  // namespace copycost::bench

#endif  // COPYCOST_TESTS_BENCH_COMPARISON_H_
