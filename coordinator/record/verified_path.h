// What is verified together. The plan makes verifications for each path, the schedule passes over
// the cells of one that failed, and the analysis tells which verification kept a cell from being
// measured: all by this key.
#ifndef COPYCOST_COORDINATOR_RECORD_VERIFIED_PATH_H_
#define COPYCOST_COORDINATOR_RECORD_VERIFIED_PATH_H_

#include <cstdint>
#include <tuple>

#include "copycost/v1/experiment.pb.h"

namespace copycost::record {

// The code that bytes pass through does not depend on more than this. The last two are the MTU
// where it decides which bytes are mapped, else 0, and whether there is a working set to go
// through.
using VerifiedPath = std::tuple<v1::Transport, v1::IpVersion, v1::Pattern, v1::SendMode,
                                v1::ReceiveMode, uint32_t, bool>;

VerifiedPath PathOf(const v1::Workload& workload);

}  // namespace copycost::record

#endif  // COPYCOST_COORDINATOR_RECORD_VERIFIED_PATH_H_
