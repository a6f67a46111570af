#include "coordinator/report/table.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/axis_values.h"
#include "common/mode_traits.h"
#include "common/words.h"
#include "coordinator/report/text_grid.h"

namespace copycost::report {
namespace {

using ::copycost::analysis::CellSummary;
using ::copycost::analysis::MetricOf;
using ::copycost::analysis::MetricSummary;
using Cells = absl::Span<const CellSummary>;

// Order in which columns are left out of a narrow table.
enum DropOrder { kNever, kFixedThreads, kTrials, kHostCpu, kCopies };

// Reasons for what is missing, each told once.
class Footnotes {
 public:
  // "n/a (2)"
  std::string NotAvailable(const std::string& reason) {
    auto found = std::find(reasons_.begin(), reasons_.end(), reason);
    if (found == reasons_.end()) found = reasons_.insert(reasons_.end(), reason);
    return absl::StrCat("n/a (", found - reasons_.begin() + 1, ")");
  }

  std::string Text(size_t width) const {
    std::string text;
    for (size_t i = 0; i < reasons_.size(); ++i) {
      text += Wrap(absl::StrCat("(", i + 1, ") ", reasons_[i]), width, 4);
    }
    return text;
  }

 private:
  std::vector<std::string> reasons_;
};

std::string NotAvailable(const CellSummary& cell, const absl::Status& why, Footnotes& notes) {
  return notes.NotAvailable(cell.n == 0 ? absl::StrCat("not measured: ", cell.reason)
                                        : std::string(why.message()));
}

std::string MedianText(const CellSummary& cell, absl::string_view column, Footnotes& notes) {
  const MetricSummary& metric = MetricOf(cell, column);
  if (!metric.median.ok()) return NotAvailable(cell, metric.median.status(), notes);
  return FormatSignificant(*metric.median);
}

std::string IntervalText(const CellSummary& cell, absl::string_view column, Footnotes& notes) {
  const MetricSummary& metric = MetricOf(cell, column);
  std::string median = MedianText(cell, column, notes);
  if (!metric.interval.ok()) return median;
  return absl::StrCat(median, " [", FormatSignificant(metric.interval->low), ", ",
                      FormatSignificant(metric.interval->high), "]");
}

// A value, or the bounds where evidence gives no more.
std::string CopiesText(const CellSummary& cell, Footnotes& notes) {
  const MetricSummary& low = MetricOf(cell, "copies_per_byte_at_least");
  const MetricSummary& high = MetricOf(cell, "copies_per_byte_at_most");
  const bool exact = MetricOf(cell, "copies_per_byte").median.ok();
  if (exact || !low.median.ok() || !high.median.ok()) {
    return MedianText(cell, "copies_per_byte", notes);
  }
  return absl::StrFormat("%.2f to %.2f", *low.median, *high.median);
}

// A line a flag: "kernel-copied", and where not all trials carry it "unsteady 2/8".
std::string FlagsText(const CellSummary& cell) {
  return absl::StrJoin(cell.flags, "\n", [&](std::string* out, const auto& flag) {
    const auto [which, trials] = flag;
    absl::StrAppend(out, Label(which));
    if (trials < cell.n) absl::StrAppend(out, " ", trials, "/", cell.n);
  });
}

std::string ColumnName(const std::string& axis) {
  if (axis == "message_bytes") return "size";
  if (axis == "response_bytes") return "response";
  std::string name = axis;
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

// The axis's word, and the arm where a value was named again: "two-copy#2".
std::string AxisText(const CellSummary& cell, const AxisValue& value) {
  if (!value.applies) return "-";
  const auto arm = cell.cell.arms().find(value.axis);
  if (arm == cell.cell.arms().end() || arm->second < 2) return value.word;
  return absl::StrCat(value.word, "#", arm->second);
}

std::vector<GridColumn> AllAxes(Cells cells) {
  std::vector<GridColumn> columns;
  for (const AxisValue& axis : AxisValuesOf({})) {
    columns.push_back({.name = ColumnName(axis.axis), .unit = "", .cells = {}});
  }
  for (const CellSummary& cell : cells) {
    const std::vector<AxisValue> values = AxisValuesOf(cell.cell.workload());
    for (size_t i = 0; i < columns.size(); ++i) {
      columns[i].cells.push_back(AxisText(cell, values[i]));
      columns[i].right_aligned = values[i].number.has_value();
    }
  }
  return columns;
}

bool Varies(const GridColumn& column) {
  return std::set<std::string>(column.cells.begin(), column.cells.end()).size() > 1;
}

// Size first, then the send mode, the other axes that vary, threads.
std::vector<GridColumn> AxisColumns(Cells cells) {
  GridColumn size, mode, threads;
  std::vector<GridColumn> others;
  for (GridColumn& column : AllAxes(cells)) {
    if (column.name == "size") {
      size = column;
    } else if (column.name == "send mode") {
      mode = column;
    } else if (column.name == "threads") {
      threads = column;
    } else if (Varies(column)) {
      others.push_back(column);
    }
  }
  // "same" as the request, of every cell.
  const auto same = [&](const GridColumn& column) {
    return column.name == "response" && column.cells == size.cells;
  };
  others.erase(std::remove_if(others.begin(), others.end(), same), others.end());
  threads.drop_order = Varies(threads) ? kNever : kFixedThreads;
  std::vector<GridColumn> columns = {size, mode};
  columns.insert(columns.end(), others.begin(), others.end());
  columns.push_back(threads);
  return columns;
}

bool IsExchange(const CellSummary& cell) { return Exchanges(cell.cell.workload().pattern()); }
bool IsNoExchange(const CellSummary& cell) { return !IsExchange(cell); }

// What the cells were asked for: how much got through, or how long each exchange took. Where there
// are cells of both kinds there are columns of both.
std::vector<GridColumn> HeadlineColumns(Cells cells, Footnotes& notes) {
  std::vector<GridColumn> columns;
  if (std::any_of(cells.begin(), cells.end(), IsNoExchange)) {
    GridColumn goodput{"goodput", "Gbit/s", true, kNever, {}};
    for (const CellSummary& cell : cells) {
      goodput.cells.push_back(IntervalText(cell, "goodput_gbps", notes));
    }
    columns.push_back(std::move(goodput));
  }
  if (std::none_of(cells.begin(), cells.end(), IsExchange)) return columns;
  GridColumn p50{"p50", "us", true, kNever, {}};
  GridColumn p99{"p99", "us", true, kNever, {}};
  GridColumn rate{"exchanges", "1/s", true, kNever, {}};
  for (const CellSummary& cell : cells) {
    p50.cells.push_back(IntervalText(cell, "rr_latency_p50_us", notes));
    p99.cells.push_back(MedianText(cell, "rr_latency_p99_us", notes));
    rate.cells.push_back(MedianText(cell, "exchanges_per_s", notes));
  }
  columns.insert(columns.end(), {p50, p99, rate});
  return columns;
}

std::vector<GridColumn> ColumnsOf(Cells cells, Footnotes& notes) {
  GridColumn n{"n", "", true, kTrials, {}};
  GridColumn copies{"copies", "per B", true, kCopies, {}};
  GridColumn host_cpu{"host CPU", "ns/B", true, kHostCpu, {}};
  GridColumn flags{"flags", "", false, kNever, {}};
  const std::vector<GridColumn> headline = HeadlineColumns(cells, notes);
  for (const CellSummary& cell : cells) {
    n.cells.push_back(absl::StrCat(cell.n));
    copies.cells.push_back(CopiesText(cell, notes));
    host_cpu.cells.push_back(MedianText(cell, "host_cpu_ns_per_byte", notes));
    flags.cells.push_back(FlagsText(cell));
  }
  std::vector<GridColumn> columns = AxisColumns(cells);
  columns.push_back(n);
  columns.insert(columns.end(), headline.begin(), headline.end());
  columns.insert(columns.end(), {copies, host_cpu});
  if (Varies(flags) || !flags.cells.front().empty()) columns.push_back(flags);
  return columns;
}

std::string Legend(Cells cells, size_t width) {
  std::string text =
      Wrap("Medians of n trials [95 % interval; min to max for n = 6 to 8].", width, 2);
  const auto too_few = [](const CellSummary& cell) { return cell.n > 0 && cell.n < 6; };
  if (std::any_of(cells.begin(), cells.end(), too_few)) {
    text += Wrap("No interval below six trials: need >= 6.", width, 2);
  }
  text += Wrap(
      "Copies per byte: from the sender's memory to the receiver's, the receiver's own copy "
      "counted; \"a to b\" where the evidence only bounds them.",
      width, 2);
  if (std::any_of(cells.begin(), cells.end(), IsExchange)) {
    text += Wrap(
        "p50, p99: latency of an exchange, from when it should begin to when the whole response "
        "was "
        "taken. Copies and CPU: per byte of requests and responses.",
        width, 2);
  }
  text += Wrap("Host CPU: all busy time of the hosts, each counted once.", width, 2);
  return text;
}

std::string FlagLegend(Cells cells, size_t width) {
  std::set<v1::Flag> flags;
  for (const CellSummary& cell : cells) {
    for (const auto& [flag, trials] : cell.flags) flags.insert(flag);
  }
  std::string text;
  for (v1::Flag flag : flags) {
    text += Wrap(absl::StrCat(Label(flag), ": ", DescriptionOf(*v1::Flag_descriptor(), flag), "."),
                 width, 2);
  }
  return text;
}

}  // namespace

std::string FormatSignificant(double value) {
  if (value == 0) return "0";
  // The exponent after rounding to three digits: 99.96 is 100, not 100.0.
  std::string rounded = absl::StrFormat("%.2e", value);
  int exponent = 0;
  if (!absl::SimpleAtoi(rounded.substr(rounded.find('e') + 1), &exponent)) return rounded;
  return absl::StrFormat("%.*f", std::max(0, 2 - exponent), value);
}

std::string SummaryTable(absl::Span<const CellSummary> cells, size_t width) {
  if (cells.empty()) return "no cells\n";
  Footnotes notes;
  const Grid grid = LayOut(ColumnsOf(cells, notes), width);
  std::string text = absl::StrCat(grid.text, "\n", notes.Text(width));
  if (!grid.dropped.empty()) {
    text += Wrap(absl::StrCat("Left out at this width: ", absl::StrJoin(grid.dropped, ", "), "."),
                 width, 2);
  }
  return absl::StrCat(text, Legend(cells, width), FlagLegend(cells, width));
}

}  // namespace copycost::report
