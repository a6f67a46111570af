// The trials that check content end to end before the modes they use may be measured.
#ifndef COPYCOST_COORDINATOR_EXPERIMENT_VERIFICATION_H_
#define COPYCOST_COORDINATOR_EXPERIMENT_VERIFICATION_H_

#include <tuple>
#include <vector>

#include "absl/types/span.h"
#include "copycost/v1/experiment.pb.h"

namespace copycost {

// What is verified together: the code that bytes pass through does not depend on more than this.
using VerifiedPath =
    std::tuple<v1::Transport, v1::IpVersion, v1::Pattern, v1::SendMode, v1::ReceiveMode>;

VerifiedPath PathOf(const v1::Workload& workload);

// For each path among `measured`, in order of first appearance: its smallest and its largest size
// (one workload where they are equal), each with the fewest threads that size is measured with.
// At least 64 MiB a path, 16 of them in small messages where there are two sizes.
std::vector<v1::Workload> VerificationsOf(absl::Span<const v1::Workload> measured);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_EXPERIMENT_VERIFICATION_H_
