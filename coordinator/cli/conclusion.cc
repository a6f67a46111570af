#include "coordinator/cli/conclusion.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/log.h"
#include "common/status.h"
#include "common/words.h"
#include "coordinator/analysis/cells.h"
#include "coordinator/analysis/ledger.h"
#include "coordinator/analysis/verdicts.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/plan_text.h"
#include "coordinator/cli/terminal.h"
#include "coordinator/record/host_changes.h"
#include "coordinator/report/csv.h"
#include "coordinator/report/event_notes.h"
#include "coordinator/report/file.h"
#include "coordinator/report/json_lines.h"
#include "coordinator/report/ledger_table.h"
#include "coordinator/report/table.h"
#include "coordinator/report/verdict_table.h"
#include "coordinator/store/reader.h"

namespace copycost {
namespace {

using Cells = std::vector<analysis::CellSummary>;
using Ledgers = std::vector<analysis::CellLedger>;

// What is told of a run.
struct Figures {
  Cells cells;
  std::vector<analysis::Claim> claims;
  Ledgers ledgers;
};

constexpr absl::string_view kWithSameTls =
    ", with the same --tls-ca, --tls-cert and --tls-key or --insecure, if any";

bool Incomplete(const Cells& cells, uint32_t blocks) {
  for (const analysis::CellSummary& cell : cells) {
    if (cell.cell.id() == 0) continue;  // the plan said it would be skipped
    if (static_cast<uint32_t>(cell.n) < blocks) return true;
  }
  return false;
}

// The file of a cell's stacks.
std::string StacksPath(const std::string& directory, const analysis::CellLedger& ledger) {
  return absl::StrFormat("%s/stacks/cell-%03d.folded", directory, ledger.cell.id());
}

absl::Status WriteLedger(const std::string& directory, const Ledgers& ledgers) {
  if (ledgers.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(
      report::WriteAtomically(absl::StrCat(directory, "/ledger.csv"), report::LedgerCsv(ledgers)));
  const std::string stacks = absl::StrCat(directory, "/stacks");
  if (::mkdir(stacks.c_str(), 0777) != 0 && errno != EEXIST) {
    return ErrnoStatus(absl::StrCat("mkdir ", stacks));
  }
  for (const analysis::CellLedger& ledger : ledgers) {
    if (ledger.trials == 0) continue;
    RETURN_IF_ERROR(
        report::WriteAtomically(StacksPath(directory, ledger), report::FoldedStacks(ledger)));
  }
  return absl::OkStatus();
}

absl::Status WriteFiles(const std::string& directory, const record::Run& run,
                        const Figures& figures) {
  RETURN_IF_ERROR(WriteLedger(directory, figures.ledgers));
  const auto write = [&](absl::string_view name, const std::string& text) {
    return report::WriteAtomically(absl::StrCat(directory, "/", name), text);
  };
  RETURN_IF_ERROR(write("hosts.csv", report::HostsCsv(run.info)));
  RETURN_IF_ERROR(write("absent.csv", report::AbsentCsv(run)));
  RETURN_IF_ERROR(write("results.csv", report::ResultsCsv(run)));
  RETURN_IF_ERROR(write("verdicts.csv", report::VerdictsCsv(figures.claims)));
  return write("summary.csv", report::SummaryCsv(figures.cells));
}

absl::Status Print(const record::Run& run, const Figures& figures, bool json,
                   ResultStream& results) {
  if (!json) {
    const size_t width = WidthOf(STDOUT_FILENO);
    return results.Write(absl::StrCat(
        report::SummaryTable(figures.cells, width), CommonLine(run.info.plan()),
        report::VerdictTable(figures.claims, width), report::LedgerTable(figures.ledgers, width)));
  }
  for (const analysis::CellSummary& cell : figures.cells) {
    RETURN_IF_ERROR(results.Write(report::CellLine(run.info, cell)));
  }
  for (const analysis::Claim& claim : figures.claims) {
    RETURN_IF_ERROR(results.Write(report::VerdictLine(run.info, claim)));
  }
  for (const analysis::CellLedger& ledger : figures.ledgers) {
    RETURN_IF_ERROR(results.Write(report::LedgerLines(run.info, ledger)));
  }
  RETURN_IF_ERROR(results.Write(report::AbsentLines(run)));
  return results.Write(report::RunLine(run));
}

// Cells of hosts or programs that are not the same are compared at the reader's own risk.
void TellChanges(const v1::RunRecord& run) {
  for (int i = 0; i < run.sessions_size(); ++i) {
    for (const std::string& change : run.sessions(i).changes()) {
      Log(absl::StrCat("changed with session ", i + 1, ": ", change));
    }
  }
  for (const std::string& change : record::SettingChanges(run)) {
    Log(change);
  }
}

}  // namespace

int Conclude(const std::string& directory, const Ending& ending, bool json, ResultStream& results) {
  if (!ending.measured.ok()) Log(ending.measured.message());
  const bool stopped = !ending.measured.ok() || ending.signal != 0;
  std::string go_on = absl::StrCat("to go on: copycost resume ", directory);
  std::string again =
      absl::StrCat("the same again: copycost run ", directory, "/experiment.textproto");
  const absl::StatusOr<record::Run> run = store::Read(absl::StrCat(directory, "/results.db"));
  absl::Status written = run.status();
  Figures figures;
  if (run.ok()) {
    if (run->info.plan().experiment().topology() == Label(v1::TOPOLOGY_KIND_HOSTS)) {
      absl::StrAppend(&go_on, kWithSameTls);
      absl::StrAppend(&again, ", with the same --agents", kWithSameTls);
    }
    figures = {.cells = analysis::Summarize(*run),
               .claims = analysis::Claims(*run),
               .ledgers = analysis::Ledgers(*run)};
    written = WriteFiles(directory, *run, figures);
  }
  if (!run.ok()) {
    Log(written.message());
    Log(go_on);
    return kExitFault;
  }
  const absl::Status told = Print(*run, figures, json, results);
  if (!written.ok()) {
    Log(written.message());
    Log(go_on);
    return kExitFault;
  }
  if (!told.ok() && told != ending.measured)
    Log(told.message());  // else it is what stopped the run
  TellChanges(run->info);
  for (const std::string& note : report::EventNotes(figures.cells)) Log(note);
  Log(absl::StrCat("results: ", directory,
                   "/ (results.csv, summary.csv, verdicts.csv, absent.csv, ",
                   figures.ledgers.empty() ? "" : "ledger.csv, ", "hosts.csv, results.db)"));
  Log(stopped ? go_on : again);
  if (ending.signal != 0) return kExitSignalBase + ending.signal;
  if (stopped || !told.ok()) return kExitFault;
  return Incomplete(figures.cells, run->info.plan().experiment().repeats()) ? kExitIncomplete
                                                                            : kExitDone;
}

}  // namespace copycost
