#include "coordinator/analysis/steadiness.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "coordinator/analysis/errno_policy.h"

namespace copycost::analysis {
namespace {

constexpr int64_t kSliceNs = 50'000'000;
constexpr size_t kLeastForTrend = 6;

struct Span {
  int64_t begin_ns;
  int64_t end_ns;
};

// Where the windows of all receivers overlap; empty (begin >= end) without any.
Span CommonWindow(const v1::AgentRecord& agent) {
  Span common = {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()};
  bool any = false;
  for (const v1::FlowResult& flow : agent.finished().flows()) {
    if (flow.role() != v1::ROLE_RECEIVER || !flow.has_window()) continue;
    any = true;
    common.begin_ns = std::max(common.begin_ns, flow.window().opened_ns());
    common.end_ns = std::min(common.end_ns, flow.window().closed_ns());
  }
  return any ? common : Span{0, 0};
}

uint64_t TakenInHalf(const v1::Sample& sample, int half) {
  uint64_t bytes = 0;
  for (const v1::Sample::Flow& flow : sample.flows()) {
    if (flow.role() == v1::ROLE_RECEIVER && half < flow.half_bytes_size()) {
      bytes += flow.half_bytes(half);
    }
  }
  return bytes;
}

Span HalfOf(const v1::Sample& sample, int half) {
  return half == 0 ? Span{sample.begin_ns(), sample.middle_ns()}
                   : Span{sample.middle_ns(), sample.end_ns()};
}

bool HalvesDiffer(absl::Span<const uint64_t> slices, uint64_t grain_bytes) {
  const size_t half = slices.size() / 2;
  const double first = std::accumulate(slices.begin(), slices.begin() + half, 0.0);
  const double second = std::accumulate(slices.end() - half, slices.end(), 0.0);
  const double difference = std::abs(first - second);
  return difference > 0.05 * (first + second) / 2 &&
         difference > 2 * static_cast<double>(grain_bytes);
}

// Ranks from 1; equal values share the mean of theirs.
std::vector<double> MidRanks(absl::Span<const uint64_t> values) {
  std::vector<double> ranks;
  for (uint64_t value : values) {
    const auto below = std::count_if(values.begin(), values.end(),
                                     [value](uint64_t other) { return other < value; });
    const auto equal = std::count(values.begin(), values.end(), value);
    ranks.push_back(static_cast<double>(below) + static_cast<double>(equal + 1) / 2);
  }
  return ranks;
}

// Spearman's correlation of the values with their order; 0 when they are all equal.
double CorrelationWithOrder(absl::Span<const uint64_t> values) {
  const std::vector<double> ranks = MidRanks(values);
  const double mean = static_cast<double>(values.size() + 1) / 2;
  double covariance = 0, rank_variance = 0, order_variance = 0;
  for (size_t i = 0; i < ranks.size(); ++i) {
    const double order = static_cast<double>(i + 1) - mean;
    covariance += order * (ranks[i] - mean);
    rank_variance += (ranks[i] - mean) * (ranks[i] - mean);
    order_variance += order * order;
  }
  if (rank_variance == 0) return 0;
  return covariance / std::sqrt(rank_variance * order_variance);
}

bool FollowsTrend(absl::Span<const uint64_t> slices, uint64_t grain_bytes) {
  if (slices.size() < kLeastForTrend) return false;
  const auto [least, most] = std::minmax_element(slices.begin(), slices.end());
  if (*most - *least <= 2 * grain_bytes) return false;
  const double freedom = static_cast<double>(slices.size() - 2);
  const double r = CorrelationWithOrder(slices);
  const double rest = 1 - r * r;
  if (rest <= 0) return true;
  const boost::math::students_t_distribution<double, ErrnoPolicy> no_trend(freedom);
  const double t = std::abs(r) * std::sqrt(freedom / rest);
  return 2 * boost::math::cdf(boost::math::complement(no_trend, t)) < 0.01;
}

}  // namespace

std::vector<uint64_t> WindowSlices(const v1::AgentRecord& agent) {
  const Span window = CommonWindow(agent);
  std::vector<uint64_t> slices;
  for (const v1::Sample& sample : agent.samples()) {
    for (int half : {0, 1}) {
      const Span slice = HalfOf(sample, half);
      const int64_t length = slice.end_ns - slice.begin_ns;
      const int64_t middle = slice.begin_ns + length / 2;
      if (length <= 0 || middle < window.begin_ns || middle >= window.end_ns) continue;
      const double bytes = static_cast<double>(TakenInHalf(sample, half));
      slices.push_back(std::llround(bytes * kSliceNs / static_cast<double>(length)));
    }
  }
  return slices;
}

std::optional<double> SentBefore(const v1::AgentRecord& agent, uint32_t flow, int64_t instant_ns) {
  if (agent.samples().empty() || agent.samples().rbegin()->end_ns() < instant_ns)
    return std::nullopt;
  double sent = 0;
  for (const v1::Sample& sample : agent.samples()) {
    const auto length = static_cast<double>(sample.end_ns() - sample.begin_ns());
    if (length <= 0) continue;
    const auto before = static_cast<double>(instant_ns - sample.begin_ns());
    const double share = std::clamp(before / length, 0.0, 1.0);
    for (const v1::Sample::Flow& end : sample.flows()) {
      if (end.flow() != flow || end.role() != v1::ROLE_SENDER) continue;
      sent += share * static_cast<double>(end.messages());
    }
  }
  return sent;
}

bool IsUnsteady(absl::Span<const uint64_t> bytes_per_50ms, uint64_t grain_bytes) {
  return HalvesDiffer(bytes_per_50ms, grain_bytes) || FollowsTrend(bytes_per_50ms, grain_bytes);
}

}  // namespace copycost::analysis
