// What a run will do, for people: `copycost plan`, and what `run` says before it starts.
#ifndef COPYCOST_COORDINATOR_CLI_PLAN_TEXT_H_
#define COPYCOST_COORDINATOR_CLI_PLAN_TEXT_H_

#include <string>

#include "copycost/v1/result.pb.h"

namespace copycost {

// One line: "quick: 6 cells x 8 blocks = 48 trials, after 6 verifications; about 42 s".
std::string PlanSummary(const v1::Plan& plan);

// "every cell: fields=8 touch=fields ...": what is the same for all of them, and in no column of
// the table.
std::string CommonLine(const v1::Plan& plan);

// That no claim can be decided by so few blocks as are planned; empty where some can, or where
// nothing is claimed.
std::string TooFewBlocks(const v1::Plan& plan);

// The summary; what all cells share; what will be claimed; the cells, a row for all values of the
// longest axis; what is skipped and why; the verifications. Of lists over 60 lines the middle is
// left out and counted.
std::string PlanText(const v1::Plan& plan);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_CLI_PLAN_TEXT_H_
