// What a run says of its send modes against each other, for a terminal:
//
//   against two-copy  of        blocks  ratio                 verdict
//   one-copy          goodput        8   1.11 [1.09, 1.13]    faster
//                     host CPU       8  0.874 [0.861, 0.890]  faster
#ifndef COPYCOST_COORDINATOR_REPORT_VERDICT_TABLE_H_
#define COPYCOST_COORDINATOR_REPORT_VERDICT_TABLE_H_

#include <string>

#include "absl/types/span.h"
#include "coordinator/analysis/verdicts.h"

namespace copycost::report {

// The claims on all cells together; those of single cells are in verdicts.csv. Empty without
// claims.
std::string VerdictTable(absl::Span<const analysis::Claim> claims, size_t width);

}  // namespace copycost::report

#endif  // COPYCOST_COORDINATOR_REPORT_VERDICT_TABLE_H_
