#include "tests/bench/observation.h"

#include <cmath>

namespace copycost::bench {
namespace {

// Zero is no figure (comparison.cc): it has no logarithm.
template <typename Figure>
std::optional<double> GeometricMean(absl::Span<const Observation> executions, Figure figure) {
  double logs = 0;
  for (const Observation& execution : executions) {
    const std::optional<double> value = figure(execution);
    if (!value.has_value() || *value <= 0) return std::nullopt;
    logs += std::log(*value);
  }
  return std::exp(logs / static_cast<double>(executions.size()));
}

}  // namespace

Observation ObservationOf(const EndFigures& sender, const EndFigures& receiver) {
  const double bytes_per_ns = receiver.bytes / receiver.window_ns;
  const double busy =
      sender.cpu_ns / sender.window_ns + receiver.cpu_ns / receiver.window_ns;  // CPUs
  return {.goodput_gbps = 8 * bytes_per_ns,                                     // bits per ns
          .cpu_ns_per_byte = busy / bytes_per_ns};
}

Observation MeanOf(absl::Span<const Observation> executions) {
  const auto goodput = [](const Observation& o) { return std::optional(o.goodput_gbps); };
  const auto cpu = [](const Observation& o) { return o.cpu_ns_per_byte; };
  const auto host_cpu = [](const Observation& o) { return o.host_cpu_ns_per_byte; };
  return {.goodput_gbps = GeometricMean(executions, goodput).value_or(0),
          .cpu_ns_per_byte = GeometricMean(executions, cpu),
          .host_cpu_ns_per_byte = GeometricMean(executions, host_cpu)};
}

}  // namespace copycost::bench
