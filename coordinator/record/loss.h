// What did not arrive at once, over the whole attempt, both ways together.
#ifndef COPYCOST_COORDINATOR_RECORD_LOSS_H_
#define COPYCOST_COORDINATOR_RECORD_LOSS_H_

#include "absl/status/statusor.h"
#include "copycost/v1/result.pb.h"

namespace copycost::record {

// TCP segments that were sent again. Absent where the transport has none.
absl::StatusOr<double> Retransmits(const v1::TrialRecord& trial);

// Of the bytes of datagrams that were accepted, the share that never arrived. Absent where the
// transport loses nothing, or nothing was accepted.
absl::StatusOr<double> LostShare(const v1::TrialRecord& trial);

}  // namespace copycost::record

#endif  // COPYCOST_COORDINATOR_RECORD_LOSS_H_
