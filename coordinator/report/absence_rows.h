// Why columns of results.csv are empty, as rows of named fields: the rows of absent.csv, and the
// JSON objects.
#ifndef COPYCOST_COORDINATOR_REPORT_ABSENCE_ROWS_H_
#define COPYCOST_COORDINATOR_REPORT_ABSENCE_ROWS_H_

#include <vector>

#include "coordinator/record/attempt_row.h"
#include "coordinator/record/run.h"

namespace copycost::report {

// Of the measure trials that were good: a row for each column and each reason why it has no figure,
// with the cells and trials that it holds for, in the order of the columns. Always the same names.
std::vector<record::Row> AbsenceRows(const record::Run& run);

}  // namespace copycost::report

#endif  // COPYCOST_COORDINATOR_REPORT_ABSENCE_ROWS_H_
