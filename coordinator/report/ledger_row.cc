#include "coordinator/report/ledger_row.h"

#include <string>

namespace copycost::report {
namespace {

using ::copycost::record::Row;
using ::copycost::record::Value;

template <typename T>
Value ValueOf(const absl::StatusOr<T>& value, double T::*part) {
  return value.ok() ? Value((*value).*part) : Value();
}

Value ValueOf(const absl::StatusOr<double>& value) { return value.ok() ? Value(*value) : Value(); }

Value Count(uint64_t count) { return static_cast<int64_t>(count); }

Value CountIf(bool any, uint64_t count) { return any ? Count(count) : Value(); }

Row CellFields(const analysis::CellLedger& ledger) {
  Row row = record::AxisFields(ledger.cell.workload());
  row.push_back({"cell_id", int64_t{ledger.cell.id()}});
  row.push_back({"label", ledger.cell.label()});
  row.push_back({"trials", int64_t{ledger.trials}});
  const bool any = ledger.trials > 0;
  row.push_back({"event", any ? Value(ledger.event) : Value()});
  row.push_back({"hz", any ? Value(int64_t{ledger.hz}) : Value()});
  row.push_back({"busy_samples", CountIf(any, ledger.samples)});
  row.push_back({"idle_samples", CountIf(any, ledger.idle_samples)});
  row.push_back({"lost_samples", CountIf(any, ledger.lost_samples)});
  row.push_back({"perturbation", any ? ValueOf(ledger.perturbation) : Value()});
  return row;
}

void AddLine(const analysis::LedgerLine* line, Row& row) {
  using analysis::Interval;
  const bool any = line != nullptr;
  const auto label = [&] {
    return std::string(analysis::WorkNames()[static_cast<size_t>(line->work)].label);
  };
  row.push_back({"work", any ? Value(label()) : Value()});
  row.push_back({"samples", any ? Count(line->samples) : Value()});
  row.push_back({"share", any ? Value(line->share) : Value()});
  row.push_back({"share_low", any ? Value(line->share_interval.low) : Value()});
  row.push_back({"share_high", any ? Value(line->share_interval.high) : Value()});
  row.push_back({"ns_per_byte", any ? ValueOf(line->ns_per_byte) : Value()});
  row.push_back(
      {"ns_per_byte_low", any ? ValueOf(line->ns_per_byte_interval, &Interval::low) : Value()});
  row.push_back(
      {"ns_per_byte_high", any ? ValueOf(line->ns_per_byte_interval, &Interval::high) : Value()});
}

}  // namespace

std::vector<Row> LedgerRows(const analysis::CellLedger& ledger) {
  std::vector<Row> rows;
  const auto add = [&](const analysis::LedgerLine* line) {
    Row& row = rows.emplace_back(CellFields(ledger));
    AddLine(line, row);
    row.push_back({"reason", ledger.reason.empty() ? Value() : Value(ledger.reason)});
  };
  for (const analysis::LedgerLine& line : ledger.lines) add(&line);
  if (rows.empty()) add(nullptr);
  return rows;
}

}  // namespace copycost::report
