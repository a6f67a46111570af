// One kind of work of one cell as a row of named fields: the row of ledger.csv, and the JSON
// object.
#ifndef COPYCOST_COORDINATOR_REPORT_LEDGER_ROW_H_
#define COPYCOST_COORDINATOR_REPORT_LEDGER_ROW_H_

#include <vector>

#include "coordinator/analysis/ledger.h"
#include "coordinator/record/attempt_row.h"

namespace copycost::report {

// A row for each kind of work, or one that says why there are none. Always the same names.
std::vector<record::Row> LedgerRows(const analysis::CellLedger& ledger);

}  // namespace copycost::report

#endif  // COPYCOST_COORDINATOR_REPORT_LEDGER_ROW_H_
