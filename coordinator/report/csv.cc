#include "coordinator/report/csv.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "coordinator/record/attempt_row.h"
#include "coordinator/report/absence_rows.h"
#include "coordinator/report/host_rows.h"
#include "coordinator/report/ledger_row.h"
#include "coordinator/report/summary_row.h"
#include "coordinator/report/verdict_row.h"

namespace copycost::report {
namespace {

using ::copycost::record::Field;
using ::copycost::record::Row;

std::string Quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == text.npos) return text;
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

struct FormatValue {
  std::string operator()(std::monostate) const { return ""; }
  std::string operator()(const std::string& text) const { return Quoted(text); }
  std::string operator()(int64_t number) const { return absl::StrCat(number); }
  std::string operator()(double number) const { return absl::StrFormat("%.9g", number); }
};

template <typename Format>
void AppendLine(const Row& row, const Format& format, std::string& csv) {
  absl::string_view separator = "";
  for (const Field& field : row) {
    absl::StrAppend(&csv, separator, format(field));
    separator = ",";
  }
  csv += '\n';
}

void AppendNames(const Row& row, std::string& csv) {
  AppendLine(
      row, [](const Field& field) { return Quoted(field.name); }, csv);
}

void AppendValues(const Row& row, std::string& csv) {
  AppendLine(
      row, [](const Field& field) { return std::visit(FormatValue{}, field.value); }, csv);
}

// With their names where they are the first.
void AppendRows(const std::vector<Row>& rows, std::string& csv) {
  for (const Row& row : rows) {
    if (csv.empty()) AppendNames(row, csv);
    AppendValues(row, csv);
  }
}

// A summary of nothing: it has the names. All cells of a run have the same.
analysis::CellSummary NoCell() {
  record::Run run;
  run.info.mutable_plan()->add_cells();
  return analysis::Summarize(run).front();
}

}  // namespace

std::string ResultsCsv(const record::Run& run) {
  std::string csv;
  AppendNames(record::AttemptRow(run.info, {}), csv);
  for (const v1::TrialRecord& attempt : run.attempts) {
    AppendValues(record::AttemptRow(run.info, attempt), csv);
  }
  return csv;
}

std::string AbsentCsv(const record::Run& run) {
  std::string csv = "column,reason,trials,cells\n";
  AppendRows(AbsenceRows(run), csv);
  return csv;
}

std::string HostsCsv(const v1::RunRecord& run) {
  std::string csv;
  AppendRows(HostRows(run), csv);
  return csv;
}

std::string LedgerCsv(absl::Span<const analysis::CellLedger> ledgers) {
  std::string csv;
  for (const analysis::CellLedger& ledger : ledgers) AppendRows(LedgerRows(ledger), csv);
  return csv;
}

std::string VerdictsCsv(absl::Span<const analysis::Claim> claims) {
  std::string csv;
  AppendNames(VerdictRow(analysis::Claim()), csv);
  for (const analysis::Claim& claim : claims) AppendValues(VerdictRow(claim), csv);
  return csv;
}

std::string SummaryCsv(absl::Span<const analysis::CellSummary> cells) {
  std::string csv;
  AppendNames(SummaryRow(cells.empty() ? NoCell() : cells.front()), csv);
  for (const analysis::CellSummary& cell : cells) AppendValues(SummaryRow(cell), csv);
  return csv;
}

}  // namespace copycost::report
