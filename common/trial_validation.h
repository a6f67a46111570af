// Checks a Prepare where it enters the agent, so that everything behind may rely on it. The
// coordinator builds only what passes.
#ifndef COPYCOST_COMMON_TRIAL_VALIDATION_H_
#define COPYCOST_COMMON_TRIAL_VALIDATION_H_

#include "absl/status/status.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

// InvalidArgument for messages that are too large for the transport, in words that stand alone.
absl::Status CheckDatagrams(const v1::Workload& workload);

// InvalidArgument names the field and what it may hold.
absl::Status ValidateWorkload(const v1::Workload& workload);
absl::Status ValidatePrepare(const v1::Prepare& prepare);

}  // namespace copycost

#endif  // COPYCOST_COMMON_TRIAL_VALIDATION_H_
