// The table that `copycost run` and `copycost report` print: a row a cell, with footnotes for what
// is missing and a legend that says how to read it.
//
//   size  send mode  threads  n            goodput  copies  host CPU  flags
//                                           Gbit/s   per B      ns/B
//    64K  zero-copy        1  8  23.4 [22.9, 24.1]    2.00     0.412  kernel-copied
//
// Where the pattern has exchanges, latencies and exchanges per second stand in goodput's place.
#ifndef COPYCOST_COORDINATOR_REPORT_TABLE_H_
#define COPYCOST_COORDINATOR_REPORT_TABLE_H_

#include <string>

#include "absl/types/span.h"
#include "coordinator/analysis/cells.h"

namespace copycost::report {

// `width`: what fits on a line of the terminal. Where it is short, columns are left out, and named
// below the table; the axes that vary, goodput or latencies and the flags never are.
std::string SummaryTable(absl::Span<const analysis::CellSummary> cells, size_t width);

// Three significant digits, never an exponent: "23.4", "2.00", "0.0412", "12345".
std::string FormatSignificant(double value);

}  // namespace copycost::report

#endif  // COPYCOST_COORDINATOR_REPORT_TABLE_H_
