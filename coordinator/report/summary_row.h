// One cell as a row of named fields: the row of summary.csv and its JSON object.
#ifndef COPYCOST_COORDINATOR_REPORT_SUMMARY_ROW_H_
#define COPYCOST_COORDINATOR_REPORT_SUMMARY_ROW_H_

#include <string>

#include "coordinator/analysis/cells.h"
#include "coordinator/record/attempt_row.h"

namespace copycost::report {

// The axes, cell_id, label, n, outcomes, then <metric>_median, <metric>_low and <metric>_high for
// each metric, flags, reason. Always the same names in the same order.
record::Row SummaryRow(const analysis::CellSummary& cell);

// "kernel-copied:8 unsteady:1": how many trials of the cell carry each flag.
std::string FlagCounts(const analysis::CellSummary& cell);

}  // namespace copycost::report

#endif  // COPYCOST_COORDINATOR_REPORT_SUMMARY_ROW_H_
