#include "tests/bench/comparison.h"

#include <cmath>
#include <optional>

#include "common/status.h"
#include "coordinator/analysis/hodges_lehmann.h"

namespace copycost::bench {
namespace {

constexpr double kLevel = 0.05;

struct Quantity {
  absl::string_view name;
  absl::string_view unit;
  std::optional<double> (*of)(const Observation& observation);
  bool more_is_better;
  bool decides;
};

// In ticks of 10 ms: less than one is as good as not told.
std::optional<double> HostCpu(const Observation& observation) {
  return observation.host_cpu_ns_per_byte.value_or(0) > 0 ? observation.host_cpu_ns_per_byte
                                                          : std::nullopt;
}

constexpr Quantity kQuantities[] = {
    {"goodput", "Gbit/s", [](const Observation& o) { return std::optional(o.goodput_gbps); }, true,
     true},
    {"thread CPU", "ns/B", [](const Observation& o) { return o.cpu_ns_per_byte; }, false, true},
    {"host CPU", "ns/B", HostCpu, false, false},  // of everything that runs on the host
};

struct Values {
  std::vector<double> product;
  std::vector<double> other;
};

// Nothing when a side does not tell this quantity.
std::optional<Values> ValuesOf(const std::vector<Pair>& pairs, const Quantity& quantity) {
  Values values;
  for (const Pair& pair : pairs) {
    const std::optional<double> product = quantity.of(pair.product);
    const std::optional<double> other = quantity.of(pair.other);
    if (!product.has_value() || !other.has_value()) return std::nullopt;
    values.product.push_back(*product);
    values.other.push_back(*other);
  }
  return values;
}

std::vector<double> LogRatios(const Values& values, bool more_is_better) {
  std::vector<double> ratios;
  ratios.reserve(values.product.size());
  for (size_t i = 0; i < values.product.size(); ++i) {
    const double ratio = std::log(values.product[i] / values.other[i]);
    ratios.push_back(more_is_better ? ratio : -ratio);
  }
  return ratios;
}

bool Reaches(const analysis::Interval& interval, const Criterion& criterion) {
  const double bound = criterion.bound == Criterion::Bound::kLow ? interval.low : interval.high;
  return bound >= criterion.at_least;
}

absl::StatusOr<Comparison> CompareIn(const Quantity& quantity, const Values& values,
                                     const Criterion& criterion) {
  const std::vector<double> ratios = LogRatios(values, quantity.more_is_better);
  Comparison comparison = {.quantity = quantity.name, .unit = quantity.unit, .n = ratios.size()};
  ASSIGN_OR_RETURN(comparison.product, analysis::Median(values.product));
  ASSIGN_OR_RETURN(comparison.other, analysis::Median(values.other));
  ASSIGN_OR_RETURN(const double estimate, analysis::HodgesLehmann(ratios));
  ASSIGN_OR_RETURN(const analysis::Interval logs, analysis::HodgesLehmannInterval(ratios, kLevel));
  comparison.ratio = std::exp(estimate);
  comparison.interval = {.low = std::exp(logs.low), .high = std::exp(logs.high)};
  comparison.decides = quantity.decides;
  comparison.good = !quantity.decides || Reaches(comparison.interval, criterion);
  return comparison;
}

}  // namespace

absl::StatusOr<std::vector<Comparison>> Compare(const std::vector<Pair>& pairs,
                                                const Criterion& criterion) {
  std::vector<Comparison> comparisons;
  for (const Quantity& quantity : kQuantities) {
    const std::optional<Values> values = ValuesOf(pairs, quantity);
    if (!values.has_value()) continue;
    ASSIGN_OR_RETURN(Comparison comparison, CompareIn(quantity, *values, criterion));
    comparisons.push_back(comparison);
  }
  return comparisons;
}

}  // namespace copycost::bench
