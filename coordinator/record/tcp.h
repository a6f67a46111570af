// What TCP said of an attempt's connections, as those ends saw it that send payload: between a
// reading soon after the window opened and one soon after it closed. Absent where an end has none:
// the transport is no TCP, or the trial had no window.
#ifndef COPYCOST_COORDINATOR_RECORD_TCP_H_
#define COPYCOST_COORDINATOR_RECORD_TCP_H_

#include "absl/status/statusor.h"
#include "copycost/v1/result.pb.h"

namespace copycost::record {

// Of the time between the readings, all ends together: something was to be sent or to be
// acknowledged; and of the same time, the peer's window, or the own send buffer, kept more from
// being sent.
absl::StatusOr<double> TcpBusyShare(const v1::TrialRecord& trial);
absl::StatusOr<double> ReceiveWindowLimitedShare(const v1::TrialRecord& trial);
absl::StatusOr<double> SendBufferLimitedShare(const v1::TrialRecord& trial);

// At the second reading, mean over the ends: the smoothed round trip, and the congestion window.
absl::StatusOr<double> RttUs(const v1::TrialRecord& trial);
absl::StatusOr<double> CongestionWindowBytes(const v1::TrialRecord& trial);

// Likewise the mean send buffer (SO_SNDBUF), and the segments sent again in the window as a share
// of all that were sent.
absl::StatusOr<double> SendBufferBytes(const v1::TrialRecord& trial);
absl::StatusOr<double> ResentShare(const v1::TrialRecord& trial);

}  // namespace copycost::record

#endif  // COPYCOST_COORDINATOR_RECORD_TCP_H_
