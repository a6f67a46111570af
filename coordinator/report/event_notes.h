// What of a run's events could not be counted, and why: for the end of a run.
#ifndef COPYCOST_COORDINATOR_REPORT_EVENT_NOTES_H_
#define COPYCOST_COORDINATOR_REPORT_EVENT_NOTES_H_

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "coordinator/analysis/cells.h"

namespace copycost::report {

// A line for each reason: "not counted of threads and CPUs: cycles, instructions (perf_event_open:
// No such file or directory; measure on hardware)". As the first measured cell tells; empty where
// all was counted, or nothing measured.
std::vector<std::string> EventNotes(absl::Span<const analysis::CellSummary> cells);

}  // namespace copycost::report

#endif  // COPYCOST_COORDINATOR_REPORT_EVENT_NOTES_H_
