// Collects what Google Benchmark measured of "product/CASE" and "bare/CASE", and tells for each
// case how much more a message costs the product.
#ifndef COPYCOST_TESTS_BENCH_MESSAGE_COSTS_H_
#define COPYCOST_TESTS_BENCH_MESSAGE_COSTS_H_

#include <benchmark/benchmark.h>

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "coordinator/analysis/order_statistics.h"

namespace copycost::bench {

inline constexpr char kProductPrefix[] = "product/";
inline constexpr char kBarePrefix[] = "bare/";

// In nanoseconds of CPU time for each message.
struct MessageCost {
  std::string name;
  size_t n = 0;
  double product = 0;  // medians of the repetitions
  double bare = 0;
  double difference = 0;  // median over repetitions, each paired with the bare one of its number
  analysis::Interval interval{};  // 95 %, of that median
};

class MessageCosts final : public benchmark::BenchmarkReporter {
 public:
  // `messages`: in each iteration of a benchmark.
  explicit MessageCosts(double messages) : messages_(messages) {}

  bool ReportContext(const Context& /*context*/) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override;

  // After all has run; by name. What a benchmark said that could not go on; FailedPrecondition
  // without any case, or with fewer than 6 repetitions.
  absl::StatusOr<std::vector<MessageCost>> Costs() const;

 private:
  using Repetitions = std::map<int64_t, double>;  // by number

  static absl::StatusOr<MessageCost> CostOf(const std::string& name, const Repetitions& product,
                                            const Repetitions& bare);

  const double messages_;
  std::map<std::string, Repetitions> times_ns_;  // by full name
  absl::Status failed_;
};

// A table for people.
std::string MessageCostTable(absl::Span<const MessageCost> costs, double limit_ns, size_t width);

// The whole of the interval is within the limit.
inline bool WithinLimit(const MessageCost& cost, double limit_ns) {
  return cost.interval.high <= limit_ns;
}

}  // namespace copycost::bench

#endif  // COPYCOST_TESTS_BENCH_MESSAGE_COSTS_H_
