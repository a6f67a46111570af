// Of each trial the attempt that counts.
#ifndef COPYCOST_COORDINATOR_ANALYSIS_LATEST_ATTEMPTS_H_
#define COPYCOST_COORDINATOR_ANALYSIS_LATEST_ATTEMPTS_H_

#include <vector>

#include "coordinator/record/run.h"

namespace copycost::analysis {

// The latest attempt of each trial, in the order of trial ids. Lives as long as the run.
std::vector<const v1::TrialRecord*> LatestAttempts(const record::Run& run);

}  // namespace copycost::analysis

#endif  // COPYCOST_COORDINATOR_ANALYSIS_LATEST_ATTEMPTS_H_
