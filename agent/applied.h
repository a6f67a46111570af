// What a trial's flows say was applied, for Ready.
#ifndef COPYCOST_AGENT_APPLIED_H_
#define COPYCOST_AGENT_APPLIED_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "agent/data_thread.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

// Adds to `applied` the part of a trial that one role takes, as told by the flows of its threads.
// Nothing where none has it. DataLoss when they differ.
absl::Status MergeEchoes(absl::Span<const std::unique_ptr<DataThread>> threads, v1::Role role,
                         v1::Workload& applied);

}  // namespace copycost

#endif  // COPYCOST_AGENT_APPLIED_H_
