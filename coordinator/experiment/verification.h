// The trials that check content end to end before the modes they use may be measured.
#ifndef COPYCOST_COORDINATOR_EXPERIMENT_VERIFICATION_H_
#define COPYCOST_COORDINATOR_EXPERIMENT_VERIFICATION_H_

#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "copycost/v1/experiment.pb.h"

namespace copycost {

// For each path (record/verified_path.h) among `measured`, in order of first appearance: its
// smallest and its largest size (one workload where they are equal), each with the fewest flows
// that size is measured with. 64 MiB a path; where there are two sizes, 16 of them are in small
// messages. Messages and pages that are pinned take their time however little is in them: there are
// at most 2^18 messages a verification, and as many fields that are pinned; of exchanges at most
// 8192, which take about a second, and both directions count. But always enough to go round what is
// reused. None for a path that delivers nothing.
std::vector<v1::Workload> VerificationsOf(absl::Span<const v1::Workload> measured);

// How long one of the above takes, without connecting and draining: a rough figure for plans, by
// the number of messages, fields and bytes.
absl::Duration EstimateTraffic(const v1::Workload& verification);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_EXPERIMENT_VERIFICATION_H_
