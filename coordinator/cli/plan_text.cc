#include "coordinator/cli/plan_text.h"

#include <algorithm>
#include <map>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/axis_values.h"
#include "common/mode_traits.h"
#include "common/units.h"
#include "common/words.h"
#include "coordinator/analysis/verdicts.h"
#include "coordinator/experiment/plan.h"

namespace copycost {
namespace {

constexpr size_t kMostLines = 60;
constexpr size_t kLastLines = 5;
constexpr size_t kMostLabels = 8;

std::string Counted(uint64_t count, absl::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

// A titled list, indented; empty for no lines.
std::string Section(absl::string_view title, std::vector<std::string> lines) {
  if (lines.empty()) return "";
  if (lines.size() > kMostLines) {
    const size_t first = kMostLines - kLastLines - 1;
    const size_t hidden = lines.size() - first - kLastLines;
    lines[first] = absl::StrCat("... ", hidden, " more ...");
    lines.erase(lines.begin() + first + 1, lines.end() - kLastLines);
  }
  return absl::StrCat("\n", title, "\n  ", absl::StrJoin(lines, "\n  "), "\n");
}

using Row = std::vector<std::string>;

std::vector<std::string> Aligned(const std::vector<Row>& rows) {
  std::vector<size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::vector<std::string> lines;
  for (const Row& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i)
      absl::StrAppendFormat(&line, "%-*s  ", widths[i], row[i]);
    lines.emplace_back(absl::StripTrailingAsciiWhitespace(line));
  }
  return lines;
}

// The axis whose values share a row: the one with the most, the first of equals.
const AxisField* LongestOf(const std::vector<const AxisField*>& axes, const v1::Matrix& matrix) {
  const auto shorter = [&](const AxisField* a, const AxisField* b) {
    return AxisValues(*a, matrix).size() < AxisValues(*b, matrix).size();
  };
  return *std::max_element(axes.begin(), axes.end(), shorter);
}

// A row for each combination of the other varying axes, in the order of the plan.
std::vector<Row> CellRows(const v1::Plan& plan) {
  std::vector<const AxisField*> axes = VaryingAxes(plan.experiment());
  if (axes.empty()) return {{plan.cells(0).label()}};
  const AxisField* longest = LongestOf(axes, plan.experiment().matrix());
  axes.erase(std::find(axes.begin(), axes.end(), longest));

  std::vector<Row> rows(1);
  for (const AxisField* axis : axes) rows[0].push_back(axis->name);
  rows[0].push_back(longest->name);
  std::map<Row, size_t> row_of;
  for (const v1::Cell& cell : plan.cells()) {
    Row key;
    for (const AxisField* axis : axes) key.push_back(AxisWord(*axis, cell));
    const auto [found, is_new] = row_of.try_emplace(key, rows.size());
    if (is_new) {
      key.emplace_back();
      rows.push_back(std::move(key));
    }
    std::string& values = rows[found->second].back();
    absl::StrAppend(&values, values.empty() ? "" : " ", AxisWord(*longest, cell));
  }
  return rows;
}

// Cells skipped for one reason stand together.
std::vector<std::string> SkippedLines(const v1::Plan& plan) {
  std::vector<std::string> reasons;
  std::map<std::string, std::vector<std::string>> labels;
  for (const v1::SkippedCell& cell : plan.skipped()) {
    std::vector<std::string>& same = labels[cell.reason()];
    if (same.empty()) reasons.push_back(cell.reason());
    same.push_back(cell.label());
  }
  std::vector<std::string> lines;
  for (const std::string& reason : reasons) {
    std::vector<std::string>& same = labels[reason];
    const size_t hidden = same.size() > kMostLabels ? same.size() - kMostLabels : 0;
    same.resize(same.size() - hidden);
    if (hidden > 0) same.push_back(absl::StrCat(hidden, " more"));
    lines.push_back(absl::StrCat(absl::StrJoin(same, ", "), ": ", reason));
  }
  return lines;
}

std::string PathText(const v1::Workload& workload) {
  if (IsLocal(workload.transport())) return Label(workload.transport());
  return absl::StrCat(Label(workload.transport()), "/", Label(workload.ip_version()));
}

std::string ThreadsText(const v1::Workload& workload) {
  std::string threads = Counted(workload.threads(), "thread");
  if (workload.flows_per_thread() > 1) {
    absl::StrAppend(&threads, " of ", workload.flows_per_thread(), " flows");
  }
  return threads;
}

std::vector<std::string> VerificationLines(const v1::Plan& plan) {
  std::vector<Row> rows;
  for (const v1::Workload& workload : plan.verifications()) {
    rows.push_back({
        absl::StrCat(Label(workload.send_mode()), " to ", Label(workload.receive_mode())),
        FormatBytes(workload.message_bytes()),
        PathText(workload),
        Label(workload.pattern()),
        ThreadsText(workload),
        absl::StrCat(Counted(workload.messages_per_flow(),
                             Exchanges(workload.pattern()) ? "exchange" : "message"),
                     " a flow"),
    });
  }
  return Aligned(rows);
}

bool AppliesToAny(const AxisField& axis, const v1::Plan& plan) {
  return std::any_of(plan.cells().begin(), plan.cells().end(), [&](const v1::Cell& cell) {
    return AxisApplies(*axis.field, cell.workload());
  });
}

// The axes that do not vary, as every cell has them that has a part for them.
std::string CommonText(const v1::Plan& plan) {
  std::vector<std::string> words;
  for (const AxisField& axis : Axes()) {
    const std::vector<std::string> values = AxisValues(axis, plan.experiment().matrix());
    if (values.size() == 1 && AppliesToAny(axis, plan))
      words.push_back(absl::StrCat(axis.name, "=", values[0]));
  }
  return absl::StrJoin(words, " ");
}

std::string ClaimsText(const v1::Plan& plan) {
  const analysis::PlannedClaims claims = analysis::PlannedClaimsOf(plan);
  return absl::StrCat("claims: ", absl::StrJoin(claims.arms, ", "), " against ", claims.baseline,
                      "; they need ", Counted(claims.blocks_needed, "block"));
}

std::string ClaimsLine(const v1::Plan& plan) {
  if (analysis::PlannedClaimsOf(plan).arms.empty()) return "";
  const std::string too_few = TooFewBlocks(plan);
  return absl::StrCat(too_few.empty() ? ClaimsText(plan) : too_few, "\n");
}

}  // namespace

std::string CommonLine(const v1::Plan& plan) {
  return absl::StrCat("every cell: ", CommonText(plan), "\n");
}

std::string TooFewBlocks(const v1::Plan& plan) {
  if (plan.experiment().repeats() >= analysis::PlannedClaimsOf(plan).blocks_needed) return "";
  return absl::StrCat(ClaimsText(plan), ": with fewer all are inconclusive");
}

std::string PlanSummary(const v1::Plan& plan) {
  const v1::Experiment& experiment = plan.experiment();
  const uint64_t verifications = plan.verifications_size();
  return absl::StrCat(experiment.name(), ": ", Counted(plan.cells_size(), "cell"), " x ",
                      Counted(experiment.repeats(), "block"),
                      experiment.has_ledger_hz() ? " x 2 (measured, then sampled)" : "", " = ",
                      Counted(TrialCount(plan) - verifications, "trial"), ", after ",
                      Counted(verifications, "verification"), "; about ",
                      FormatRoughly(EstimateDuration(plan)));
}

std::string PlanText(const v1::Plan& plan) {
  const v1::Experiment& experiment = plan.experiment();
  return absl::StrCat(PlanSummary(plan), "\ntopology ", experiment.topology(), ", warm-up ",
                      experiment.warmup(), ", window ", experiment.window(), ", seed ",
                      experiment.seed(), "\n", CommonLine(plan), ClaimsLine(plan),
                      Section("cells", Aligned(CellRows(plan))),
                      Section("skipped", SkippedLines(plan)),
                      Section("verified first, every byte", VerificationLines(plan)));
}

}  // namespace copycost
