#include "tests/bench/comparison_text.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "common/units.h"
#include "common/words.h"
#include "coordinator/report/table.h"
#include "coordinator/report/text_grid.h"

namespace copycost::bench {
namespace {

using ::copycost::report::FormatSignificant;
using ::copycost::report::GridColumn;

std::string Verdict(const Comparison& comparison) {
  if (!comparison.decides) return "";  // told for information
  return comparison.good ? "good" : "SHORT";
}

std::string BoundText(const Criterion& criterion) {
  const bool low = criterion.bound == Criterion::Bound::kLow;
  return absl::StrFormat(
      "good: the %s bound is at least %.4g. Above 1 the product is better: goodput is "
      "product/other, "
      "CPU other/product.",
      low ? "lower" : "upper", criterion.at_least);
}

// What all cells share.
std::string CommonText(const v1::Workload& workload) {
  return absl::StrCat("Fields ", workload.fields(), ", congestion control ", workload.congestion(),
                      ", warm-up ", absl::FormatDuration(absl::Nanoseconds(workload.warmup_ns())),
                      ", window ", absl::FormatDuration(absl::Nanoseconds(workload.window_ns())),
                      ".\n");
}

// Empty ones.
std::vector<GridColumn> Columns(const ResultHeading& heading) {
  const struct {
    std::string name;
    std::string unit;
    bool number;
  } kHeadings[] = {{"send mode", "", false},
                   {"receive mode", "", false},
                   {"size", "", true},
                   {"quantity", "", false},
                   {"n", "", true},
                   {"repeated", "", true},
                   {"product", "median", true},
                   {heading.against == "product" ? "itself" : heading.against, "median", true},
                   {"ratio", "[95 %]", true},
                   {"verdict", "", false}};
  std::vector<GridColumn> columns;
  for (const auto& [name, unit, number] : kHeadings) {
    columns.push_back(
        {.name = name, .unit = unit, .right_aligned = number, .drop_order = 0, .cells = {}});
  }
  return columns;
}

std::vector<std::string> RowOf(const Cell& cell, const Comparison& comparison) {
  return {Label(cell.workload.send_mode()),
          Label(cell.workload.receive_mode()),
          FormatBytes(cell.workload.message_bytes()),
          absl::StrCat(comparison.quantity, ", ", comparison.unit),
          absl::StrCat(comparison.n),
          absl::StrCat(cell.repeated),
          FormatSignificant(comparison.product),
          FormatSignificant(comparison.other),
          absl::StrFormat("%.3f [%.3f, %.3f]", comparison.ratio, comparison.interval.low,
                          comparison.interval.high),
          Verdict(comparison)};
}

// One JSON object.
class Line {
 public:
  Line(absl::string_view type, const ResultHeading& heading, const Cell& cell) {
    Set("type", type);
    Set("against", heading.against);
    Set("send_mode", Label(cell.workload.send_mode()));
    Set("receive_mode", Label(cell.workload.receive_mode()));
    Set("message_bytes", static_cast<double>(cell.workload.message_bytes()));
    Set("fields", static_cast<double>(cell.workload.fields()));
    Set("congestion", cell.workload.congestion());
    if (heading.mtu != 0) Set("mtu", static_cast<double>(heading.mtu));
    if (heading.receive_buffer != 0) {
      Set("receive_buffer_bytes", static_cast<double>(heading.receive_buffer));
    }
    Set("seed", absl::StrCat(heading.seed));  // JSON readers lose the last digits of 64 bits
  }

  void Set(const std::string& name, absl::string_view text) {
    (*object_.mutable_fields())[name].set_string_value(std::string(text));
  }
  void Set(const std::string& name, double number) {
    (*object_.mutable_fields())[name].set_number_value(number);
  }
  void Set(const std::string& name, std::optional<double> number) {
    if (number.has_value()) Set(name, *number);
  }
  void SetBool(const std::string& name, bool truth) {
    (*object_.mutable_fields())[name].set_bool_value(truth);
  }

  std::string Text() const {
    std::string text;
    // Fails only for numbers that JSON does not have; these are finite.
    (void)google::protobuf::util::MessageToJsonString(object_, &text);
    return text + '\n';
  }

 private:
  google::protobuf::Struct object_;
};

void Set(const std::string& side, const Observation& observation, Line& line) {
  line.Set(side + "_goodput_gbps", observation.goodput_gbps);
  line.Set(side + "_cpu_ns_per_byte", observation.cpu_ns_per_byte);
  line.Set(side + "_host_cpu_ns_per_byte", observation.host_cpu_ns_per_byte);
}

std::string PairLine(const ResultHeading& heading, const Cell& cell, size_t index) {
  Line line("pair", heading, cell);
  line.Set("pair", static_cast<double>(index + 1));
  Set("product", cell.pairs[index].product, line);
  Set("other", cell.pairs[index].other, line);
  return line.Text();
}

std::string ComparisonLine(const ResultHeading& heading, const Cell& cell,
                           const Comparison& comparison) {
  Line line("comparison", heading, cell);
  line.Set("quantity", comparison.quantity);
  line.Set("unit", comparison.unit);
  line.Set("n", static_cast<double>(comparison.n));
  line.Set("repeated", static_cast<double>(cell.repeated));
  line.Set("product_median", comparison.product);
  line.Set("other_median", comparison.other);
  line.Set("estimate", comparison.ratio);
  line.Set("low", comparison.interval.low);
  line.Set("high", comparison.interval.high);
  line.Set("at_least", heading.criterion.at_least);
  line.SetBool("decides", comparison.decides);
  line.SetBool("good", comparison.good);
  return line.Text();
}

}  // namespace

std::string ComparisonTable(const ResultHeading& heading, absl::Span<const CellResult> results,
                            size_t width) {
  std::vector<GridColumn> columns = Columns(heading);
  for (const CellResult& result : results) {
    for (const Comparison& comparison : result.comparisons) {
      const std::vector<std::string> row = RowOf(result.cell, comparison);
      for (size_t i = 0; i < row.size(); ++i) columns[i].cells.push_back(row[i]);
    }
  }
  std::string text = report::LayOut(std::move(columns), width).text;
  absl::StrAppend(&text, "\n", report::Wrap(BoundText(heading.criterion), width, 0));
  if (!heading.not_equal.empty()) {
    absl::StrAppend(&text,
                    report::Wrap(absl::StrCat("Not equal: ", heading.not_equal, "."), width, 0));
  }
  if (!results.empty()) absl::StrAppend(&text, CommonText(results[0].cell.workload));
  if (heading.receive_buffer != 0) {
    absl::StrAppend(&text, "Receive buffers of ", FormatBytes(heading.receive_buffer), ".\n");
  }
  if (heading.mtu != 0) absl::StrAppend(&text, "MTU ", heading.mtu, ".\n");
  absl::StrAppend(&text, "Seed ", heading.seed, ".\n");
  return text;
}

std::string ComparisonLines(const ResultHeading& heading, absl::Span<const CellResult> results) {
  std::string lines;
  for (const CellResult& result : results) {
    for (size_t i = 0; i < result.cell.pairs.size(); ++i) {
      lines += PairLine(heading, result.cell, i);
    }
    for (const Comparison& comparison : result.comparisons) {
      lines += ComparisonLine(heading, result.cell, comparison);
    }
  }
  return lines;
}

}  // namespace copycost::bench
