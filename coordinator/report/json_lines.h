// JSON lines: one object a line, with a member "type" of "trial", "cell" or "run". The members of
// trials and cells are the columns of results.csv and summary.csv; what is absent there is left out
// here. Each function returns one line, newline included.
#ifndef COPYCOST_COORDINATOR_REPORT_JSON_LINES_H_
#define COPYCOST_COORDINATOR_REPORT_JSON_LINES_H_

#include <string>

#include "coordinator/analysis/cells.h"
#include "coordinator/record/run.h"

namespace copycost::report {

std::string TrialLine(const v1::RunRecord& run, const v1::TrialRecord& attempt);
std::string CellLine(const v1::RunRecord& run, const analysis::CellSummary& cell);
std::string RunLine(const record::Run& run);

}  // namespace copycost::report

#endif  // COPYCOST_COORDINATOR_REPORT_JSON_LINES_H_
