// JSON lines: one object a line, with a member "type" of "trial", "cell", "verdict", "ledger",
// "absent" or "run", or, of doctor, "check" or "doctor". The members of the first five are the
// columns of results.csv, summary.csv, verdicts.csv, ledger.csv and absent.csv; what is absent
// there is left out here. Newlines included.
#ifndef COPYCOST_COORDINATOR_REPORT_JSON_LINES_H_
#define COPYCOST_COORDINATOR_REPORT_JSON_LINES_H_

#include <string>

#include "absl/strings/string_view.h"
#include "coordinator/analysis/cells.h"
#include "coordinator/analysis/ledger.h"
#include "coordinator/analysis/verdicts.h"
#include "coordinator/record/run.h"
#include "copycost/v1/diagnosis.pb.h"

namespace copycost::report {

std::string TrialLine(const v1::RunRecord& run, const v1::TrialRecord& attempt);
std::string CellLine(const v1::RunRecord& run, const analysis::CellSummary& cell);
std::string VerdictLine(const v1::RunRecord& run, const analysis::Claim& claim);
// One a kind of work.
std::string LedgerLines(const v1::RunRecord& run, const analysis::CellLedger& ledger);
// A line for each column that is empty somewhere, and each reason.
std::string AbsentLines(const record::Run& run);

std::string RunLine(const record::Run& run);

// `subject`: what was checked, "sender" or "this host".
std::string CheckLine(absl::string_view subject, const v1::Check& check);
std::string DoctorLine(absl::string_view verdict, int exit_code);

}  // namespace copycost::report

#endif  // COPYCOST_COORDINATOR_REPORT_JSON_LINES_H_
