// results.csv, summary.csv, verdicts.csv, absent.csv, hosts.csv and ledger.csv (docs/results.md
// describes every column). Comma-separated values quoted as RFC 4180 says, lines ended by a bare
// newline, one header line, an empty field for what is absent. Numbers have nine significant
// digits: more than any measurement here, and enough for a float to survive.
#ifndef COPYCOST_COORDINATOR_REPORT_CSV_H_
#define COPYCOST_COORDINATOR_REPORT_CSV_H_

#include <string>

#include "absl/types/span.h"
#include "coordinator/analysis/cells.h"
#include "coordinator/analysis/ledger.h"
#include "coordinator/analysis/verdicts.h"
#include "coordinator/record/run.h"

namespace copycost::report {

// A row an attempt, in the order they ended.
std::string ResultsCsv(const record::Run& run);

// A row a cell, skipped ones last.
std::string SummaryCsv(absl::Span<const analysis::CellSummary> cells);

// A row a claim.
std::string VerdictsCsv(absl::Span<const analysis::Claim> claims);

// A row for each column of results.csv and each reason why it is empty.
std::string AbsentCsv(const record::Run& run);

// A row for each thing that an agent tells of its host.
std::string HostsCsv(const v1::RunRecord& run);

// A row for each kind of work of each cell.
std::string LedgerCsv(absl::Span<const analysis::CellLedger> ledgers);

}  // namespace copycost::report

#endif  // COPYCOST_COORDINATOR_REPORT_CSV_H_
