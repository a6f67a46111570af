// What a run says of its send modes against each other, for a terminal:
//
//   against two-copy  of        cells  blocks  ratio                    verdict
//   one-copy          goodput       2       8  1.1112 [1.0911, 1.1303]  faster
//   one-copy          host CPU      2       8  0.8744 [0.8613, 0.8902]  faster
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
