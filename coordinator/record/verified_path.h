// What is verified together. The plan makes verifications for each path, the schedule passes over
// the cells of one that failed, and the analysis tells which verification kept a cell from being
// measured: all by this key.
#ifndef COPYCOST_COORDINATOR_RECORD_VERIFIED_PATH_H_
#define COPYCOST_COORDINATOR_RECORD_VERIFIED_PATH_H_

#include <cstdint>
#include <tuple>

#include "copycost/v1/experiment.pb.h"

namespace copycost::record {

// The code that bytes pass through does not depend on more than this. After the modes: the MTU
// where it decides which bytes are mapped, or has to carry datagrams of a size that was asked for,
// else 0; that size, which decides whether they are joined; the pages that messages lie in; whether
// there is a working set to go through; whether data threads wait for several flows.
using VerifiedPath = std::tuple<v1::Transport, v1::IpVersion, v1::Pattern, v1::SendMode,
                                v1::ReceiveMode, uint32_t, uint32_t, v1::HugePages, bool, bool>;

// Whether messages are cut into datagrams of a size that was asked for.
bool CutsAsAsked(const v1::Workload& workload);

VerifiedPath PathOf(const v1::Workload& workload);

}  // namespace copycost::record

#endif  // COPYCOST_COORDINATOR_RECORD_VERIFIED_PATH_H_
