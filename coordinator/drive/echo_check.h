// Compares what was applied with what was asked, field by field. Pure.
#ifndef COPYCOST_COORDINATOR_DRIVE_ECHO_CHECK_H_
#define COPYCOST_COORDINATOR_DRIVE_ECHO_CHECK_H_

#include "absl/status/status.h"
#include "copycost/v1/result.pb.h"

namespace copycost {

// Every agent of the attempt has its Ready. DataLoss names the agent and the field that differs, or
// the field that no agent has applied.
absl::Status CheckEchoes(const v1::TrialRecord& attempt);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_DRIVE_ECHO_CHECK_H_
