// Whether this host can do what a Prepare asks for, whose fields are valid (ValidatePrepare).
#ifndef COPYCOST_AGENT_PREPARE_CHECKS_H_
#define COPYCOST_AGENT_PREPARE_CHECKS_H_

#include "absl/status/status.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

// InvalidArgument names the field: a CPU that this agent may not use, a data address that is none
// of a host's.
absl::Status CheckHostHas(const v1::Prepare& prepare);

}  // namespace copycost

#endif  // COPYCOST_AGENT_PREPARE_CHECKS_H_
