// The copy ledger as a table for a terminal.
#ifndef COPYCOST_COORDINATOR_REPORT_LEDGER_TABLE_H_
#define COPYCOST_COORDINATOR_REPORT_LEDGER_TABLE_H_

#include <string>

#include "absl/types/span.h"
#include "coordinator/analysis/ledger.h"

namespace copycost::report {

// Kinds of work that no cell has any sample of are left out. Empty without ledgers.
std::string LedgerTable(absl::Span<const analysis::CellLedger> ledgers, size_t width);

// A line a chain of calls, outermost first, and how often it was seen: what flame graphs are made
// of.
std::string FoldedStacks(const analysis::CellLedger& ledger);

}  // namespace copycost::report

#endif  // COPYCOST_COORDINATOR_REPORT_LEDGER_TABLE_H_
