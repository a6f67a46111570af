#include "coordinator/report/ledger_table.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "coordinator/report/table.h"
#include "coordinator/report/text_grid.h"

namespace copycost::report {
namespace {

using ::copycost::analysis::CellLedger;
using ::copycost::analysis::LedgerLine;
using Ledgers = absl::Span<const CellLedger>;

// Side by side in one table.
constexpr size_t kCellsOfTable = 3;

std::string NameOf(const CellLedger& ledger) {
  return ledger.cell.label().empty() ? "all" : ledger.cell.label();
}

// A share of a tenth is known to 6 % by so many.
constexpr uint64_t kFewSamples = 100;

std::string LineText(const LedgerLine& line) {
  std::string share = absl::StrFormat("%.1f %%", 100 * line.share);
  if (line.samples == 0) return absl::StrFormat("< %.1f %%", 100 * line.share_interval.high);
  if (!line.ns_per_byte.ok()) return share;
  return absl::StrCat(FormatSignificant(*line.ns_per_byte), "  ", share);
}

// All cells have the same lines, or none.
std::string OneTable(Ledgers ledgers, size_t width) {
  GridColumn work{.name = "CPU time", .unit = "", .cells = {}};
  std::vector<GridColumn> columns;
  for (const CellLedger& ledger : ledgers) {
    columns.push_back(
        {.name = NameOf(ledger), .unit = "ns/B, share", .right_aligned = true, .cells = {}});
  }
  for (const analysis::WorkName& name : analysis::WorkNames()) {
    const auto line_of = [&](const CellLedger& ledger) {
      return std::find_if(ledger.lines.begin(), ledger.lines.end(),
                          [&](const LedgerLine& line) { return line.work == name.work; });
    };
    const bool seen = std::any_of(ledgers.begin(), ledgers.end(), [&](const CellLedger& ledger) {
      return line_of(ledger) != ledger.lines.end() && line_of(ledger)->samples > 0;
    });
    if (!seen) continue;
    work.cells.emplace_back(name.label);
    for (size_t i = 0; i < ledgers.size(); ++i) {
      const auto line = line_of(ledgers[i]);
      columns[i].cells.push_back(line == ledgers[i].lines.end() ? "n/a" : LineText(*line));
    }
  }
  columns.insert(columns.begin(), std::move(work));
  return LayOut(std::move(columns), width).text;
}

// What was sampled, how, and what that did.
std::string Basis(const CellLedger& ledger) {
  if (ledger.trials == 0) return absl::StrCat(NameOf(ledger), ": no ledger: ", ledger.reason, ".");
  std::string text = absl::StrCat(
      NameOf(ledger), ": ", ledger.samples, ledger.samples == 1 ? " sample of " : " samples of ",
      ledger.event, " in ", ledger.trials, ledger.trials == 1 ? " trial" : " trials");
  if (ledger.samples < kFewSamples) absl::StrAppend(&text, ", too few to tell shares well");
  if (ledger.lost_samples > 0) absl::StrAppend(&text, ", ", ledger.lost_samples, " lost");
  if (ledger.perturbation.ok()) {
    absl::StrAppendFormat(&text, "; goodput was %+.1f %% with sampling (median of %d %s)",
                          100 * *ledger.perturbation, ledger.perturbation_blocks,
                          ledger.perturbation_blocks == 1 ? "block" : "blocks");
  }
  return absl::StrCat(text, ".");
}

}  // namespace

std::string LedgerTable(Ledgers ledgers, size_t width) {
  std::string text;
  std::vector<CellLedger> with;
  for (const CellLedger& ledger : ledgers) {
    if (ledger.trials > 0) with.push_back(ledger);
  }
  for (size_t i = 0; i < with.size(); i += kCellsOfTable) {
    const auto cells = absl::MakeConstSpan(with).subspan(i, kCellsOfTable);
    absl::StrAppend(&text, "\n", OneTable(cells, width));
  }
  if (!ledgers.empty()) text += "\n";
  for (const CellLedger& ledger : ledgers) text += Wrap(Basis(ledger), width, 2);
  if (with.empty()) return text;
  text += Wrap(
      "CPU time of all CPUs of the hosts, idle time left out; \"< a\": none was seen, and a is the "
      "upper bound of a 95 % interval. ledger.csv has all intervals, stacks/ the chains of calls.",
      width, 2);
  return text;
}

std::string FoldedStacks(const CellLedger& ledger) {
  std::string text;
  for (const auto& [stack, samples] : ledger.folded_stacks) {
    absl::StrAppend(&text, stack, " ", samples, "\n");
  }
  return text;
}

}  // namespace copycost::report
