// What trials may need of this host, tried: what `copycost doctor` shows.
#ifndef COPYCOST_AGENT_DIAGNOSIS_H_
#define COPYCOST_AGENT_DIAGNOSIS_H_

#include "absl/status/statusor.h"
#include "agent/checks/kernel.h"
#include "agent/limits.h"
#include "copycost/v1/agent.pb.h"
#include "copycost/v1/diagnosis.pb.h"

namespace copycost {

// Every check, in the process and network namespace of the calling thread; some milliseconds, and
// nothing is changed. `description`: of HostInfo, as of now. `limits`: of this agent.
// InvalidArgument for more data addresses than an agent has.
absl::StatusOr<v1::Diagnosis> Diagnose(const v1::DiagnoseRequest& request,
                                       const v1::Description& description, const Limits& limits,
                                       const Kernel& kernel = RealKernel());

}  // namespace copycost

#endif  // COPYCOST_AGENT_DIAGNOSIS_H_
