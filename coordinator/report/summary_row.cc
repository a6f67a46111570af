#include "coordinator/report/summary_row.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/words.h"

namespace copycost::report {
namespace {

using ::copycost::record::Field;
using ::copycost::record::Row;
using ::copycost::record::Value;

template <typename Enum>
std::string Counts(const std::map<Enum, int>& counts) {
  return absl::StrJoin(counts, " ", [](std::string* out, const auto& count) {
    absl::StrAppend(out, Label(count.first), ":", count.second);
  });
}

Value TextOrAbsent(std::string text) {
  if (text.empty()) return {};
  return text;
}

void AddEstimate(absl::string_view column, const absl::StatusOr<double>& estimate,
                 const absl::StatusOr<analysis::Interval>& interval, Row& row) {
  Value median, low, high;
  if (estimate.ok()) median = *estimate;
  if (interval.ok()) {
    low = interval->low;
    high = interval->high;
  }
  row.push_back({absl::StrCat(column, "_median"), median});
  row.push_back({absl::StrCat(column, "_low"), low});
  row.push_back({absl::StrCat(column, "_high"), high});
}

}  // namespace

std::string FlagCounts(const analysis::CellSummary& cell) { return Counts(cell.flags); }

Row SummaryRow(const analysis::CellSummary& cell) {
  Row row = record::AxisFields(cell.cell.workload());
  row.push_back({"cell_id", cell.cell.id() == 0 ? Value() : Value(int64_t{cell.cell.id()})});
  row.push_back({"label", cell.cell.label()});
  row.push_back({"n", int64_t{cell.n}});
  row.push_back({"outcomes", TextOrAbsent(Counts(cell.outcomes))});
  for (const analysis::MetricSummary& metric : cell.metrics) {
    AddEstimate(metric.metric->column, metric.median, metric.interval, row);
  }
  for (const analysis::EventSummary& event : cell.events) {
    row.push_back({absl::StrCat(event.column.column, "_n"), int64_t{event.n}});
    AddEstimate(event.column.column, event.median, event.interval, row);
  }
  row.push_back({"bottlenecks", TextOrAbsent(Counts(cell.bottlenecks))});
  row.push_back({"flags", TextOrAbsent(FlagCounts(cell))});
  row.push_back({"reason", TextOrAbsent(cell.reason)});
  return row;
}

}  // namespace copycost::report
