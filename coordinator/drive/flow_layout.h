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

// So many on each side, placed like this.
struct Layout {
  v1::Placement placement = v1::PLACEMENT_SPREAD;
  uint32_t threads = 1;
  uint32_t flows_per_thread = 1;
};

// For each host, in the order given (sender, receiver), its ends of the flows from the first to the
// second; the receiver listens. Flows 0 to flows_per_thread - 1 are those of thread 0, on both
// sides, and so on. CPUs are dealt in turn, to the sender's and the receiver's thread 0, then to
// thread 1 ..., each the least used of those that the placement permits, CPU 0 last; agents that
// share a boot id share the count of uses, so that their threads are on CPUs of their own as long
// as these last and the placement lets them. FailedPrecondition where the placement cannot be had.
absl::StatusOr<std::vector<std::vector<v1::FlowEnd>>> LayOutFlows(
    absl::Span<const PlacementHost> hosts, const Layout& layout,
    const std::function<std::string()>& nonce);

// 16 bytes from the kernel.
std::string RandomNonce();

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_DRIVE_FLOW_LAYOUT_H_
