#include "tests/bench/message_costs.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "common/status.h"
#include "coordinator/report/text_grid.h"

namespace copycost::bench {
namespace {

using ::copycost::report::GridColumn;

std::string Interval(const MessageCost& cost) {
  return absl::StrFormat("%+.1f [%+.1f, %+.1f]", cost.difference, cost.interval.low,
                         cost.interval.high);
}

}  // namespace

void MessageCosts::ReportRuns(const std::vector<Run>& runs) {
  for (const Run& run : runs) {
    if (run.run_type != Run::RT_Iteration) continue;
    const std::string name = run.run_name.function_name;
    if (run.error_occurred) {
      failed_ = absl::InternalError(absl::StrCat(name, ": ", run.error_message));
      continue;
    }
    const double iterations = static_cast<double>(run.iterations);
    times_ns_[name][run.repetition_index] = run.cpu_accumulated_time * 1e9 / iterations / messages_;
  }
}

absl::StatusOr<std::vector<MessageCost>> MessageCosts::Costs() const {
  RETURN_IF_ERROR(failed_);
  std::vector<MessageCost> costs;
  for (const auto& [full_name, product] : times_ns_) {
    absl::string_view name = full_name;
    if (!absl::ConsumePrefix(&name, kProductPrefix)) continue;
    const auto bare = times_ns_.find(absl::StrCat(kBarePrefix, name));
    if (bare == times_ns_.end()) continue;
    ASSIGN_OR_RETURN(MessageCost cost, CostOf(std::string(name), product, bare->second));
    costs.push_back(std::move(cost));
  }
  if (costs.empty()) return absl::FailedPreconditionError("no case was run for both sides");
  return costs;
}

absl::StatusOr<MessageCost> MessageCosts::CostOf(const std::string& name,
                                                 const Repetitions& product,
                                                 const Repetitions& bare) {
  std::vector<double> product_ns, bare_ns, differences_ns;
  for (const auto& [repetition, time_ns] : product) {
    const auto other = bare.find(repetition);
    if (other == bare.end()) continue;
    product_ns.push_back(time_ns);
    bare_ns.push_back(other->second);
    differences_ns.push_back(time_ns - other->second);
  }
  MessageCost cost = {.name = name, .n = differences_ns.size()};
  ASSIGN_OR_RETURN(cost.product, analysis::Median(product_ns));
  ASSIGN_OR_RETURN(cost.bare, analysis::Median(bare_ns));
  ASSIGN_OR_RETURN(cost.difference, analysis::Median(differences_ns));
  const auto interval = analysis::MedianInterval(differences_ns);
  if (!interval.ok()) return Annotate(interval.status(), "--benchmark_repetitions");
  cost.interval = *interval;
  return cost;
}

std::string MessageCostTable(absl::Span<const MessageCost> costs, double limit_ns, size_t width) {
  const auto column = [](std::string name, std::string unit, bool number) {
    return GridColumn{.name = std::move(name),
                      .unit = std::move(unit),
                      .right_aligned = number,
                      .drop_order = 0,
                      .cells = {}};
  };
  std::vector<GridColumn> columns = {column("case", "", false),
                                     column("n", "", true),
                                     column("product", "ns/message", true),
                                     column("bare", "ns/message", true),
                                     column("difference", "ns/message [95 %]", true),
                                     column("verdict", "", false)};
  for (const MessageCost& cost : costs) {
    const std::string row[] = {cost.name,
                               absl::StrCat(cost.n),
                               absl::StrFormat("%.1f", cost.product),
                               absl::StrFormat("%.1f", cost.bare),
                               Interval(cost),
                               WithinLimit(cost, limit_ns) ? "good" : "MORE"};
    for (size_t i = 0; i < columns.size(); ++i) columns[i].cells.push_back(row[i]);
  }
  return absl::StrCat(
      report::LayOut(std::move(columns), width).text,
      absl::StrFormat("\ngood: at most %.4g ns more, at the upper bound.\n", limit_ns));
}

}  // namespace copycost::bench
