// Which agent gets which end of which flow, on which CPU. Pure but for the nonces, which come from
// the caller's source of random bytes.
#ifndef COPYCOST_COORDINATOR_DRIVE_FLOW_LAYOUT_H_
#define COPYCOST_COORDINATOR_DRIVE_FLOW_LAYOUT_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "coordinator/experiment/placement.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

// For each host, in the order given (sender, receiver), its ends of `threads` flows from the first
// to the second; the receiver listens. CPUs are dealt in turn, sender and receiver of flow 0, then
// of flow 1 ..., each the least used of those that `placement` permits, CPU 0 last; agents that
// share a boot id share the count of uses, so that their ends are disjoint as long as CPUs last and
// the placement lets them. FailedPrecondition where the placement cannot be had.
absl::StatusOr<std::vector<std::vector<v1::FlowEnd>>> LayOutFlows(
    absl::Span<const PlacementHost> hosts, v1::Placement placement, uint32_t threads,
    const std::function<std::string()>& nonce);

// 16 bytes from the kernel.
std::string RandomNonce();

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_DRIVE_FLOW_LAYOUT_H_
