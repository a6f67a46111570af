// A claim as a row of named fields: the row of verdicts.csv, and the JSON object.
#ifndef COPYCOST_COORDINATOR_REPORT_VERDICT_ROW_H_
#define COPYCOST_COORDINATOR_REPORT_VERDICT_ROW_H_

#include "coordinator/analysis/verdicts.h"
#include "coordinator/record/attempt_row.h"

namespace copycost::report {

// Always the same names in the same order.
record::Row VerdictRow(const analysis::Claim& claim);

}  // namespace copycost::report

#endif  // COPYCOST_COORDINATOR_REPORT_VERDICT_ROW_H_
