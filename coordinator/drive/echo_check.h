// Compares what was applied with what was asked, field by field. Pure.
#ifndef COPYCOST_COORDINATOR_DRIVE_ECHO_CHECK_H_
#define COPYCOST_COORDINATOR_DRIVE_ECHO_CHECK_H_

#include "absl/status/status.h"
#include "copycost/v1/result.pb.h"

namespace copycost {

// Every agent of the attempt has its Ready. An agent must tell each field that one of its roles has
// part in, and what it tells must be as asked. DataLoss names the agent and the field.
absl::Status CheckEchoes(const v1::TrialRecord& attempt);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_DRIVE_ECHO_CHECK_H_
