// Copies per byte, from the evidence of an attempt's ends, over the whole attempt (METHOD.md
// "Copies per byte"; docs/results.md gives the rules to readers). Requests and responses count
// together. Every function returns copies per byte, or why they cannot be told.
#ifndef COPYCOST_COORDINATOR_RECORD_COPIES_H_
#define COPYCOST_COORDINATOR_RECORD_COPIES_H_

#include <string>

#include "absl/status/statusor.h"
#include "copycost/v1/result.pb.h"

namespace copycost::record {

// (S + K + D + R) / B with D at its lower and its upper bound. Absent unless every accepted byte
// was delivered, and for receive modes that deliver nothing.
absl::StatusOr<double> CopiesPerByteAtLeast(const v1::TrialRecord& trial);
absl::StatusOr<double> CopiesPerByteAtMost(const v1::TrialRecord& trial);
// The middle of the bounds where they lie less than 0.005 apart.
absl::StatusOr<double> CopiesPerByte(const v1::TrialRecord& trial);

// The terms apart: S + K and D per byte accepted, R per byte delivered.
absl::StatusOr<double> SenderCopiesPerByte(const v1::TrialRecord& trial);
absl::StatusOr<double> DeliveryCopiesPerByteAtLeast(const v1::TrialRecord& trial);
absl::StatusOr<double> DeliveryCopiesPerByteAtMost(const v1::TrialRecord& trial);
absl::StatusOr<double> ReceiverCopiesPerByte(const v1::TrialRecord& trial);

// Of the bytes delivered, those mapped instead of copied; absent for receive modes that map
// nothing.
absl::StatusOr<double> MappedFraction(const v1::TrialRecord& trial);

// No copies: bytes written before sending, per byte accepted; read after arrival, per byte
// delivered.
absl::StatusOr<double> TouchedPerByte(const v1::TrialRecord& trial);
absl::StatusOr<double> ReadPerByte(const v1::TrialRecord& trial);

// Encrypted on sending and decrypted on receiving.
absl::StatusOr<double> TransformsPerByte(const v1::TrialRecord& trial);

// Counts over all senders; absent when none of their calls asked for zero-copy.
absl::StatusOr<double> ZeroCopySends(const v1::TrialRecord& trial);
absl::StatusOr<double> ZeroCopyCompletions(const v1::TrialRecord& trial);
absl::StatusOr<double> ZeroCopyCopied(const v1::TrialRecord& trial);
absl::StatusOr<double> BufferWaits(const v1::TrialRecord& trial);

// How the delivery copies are known, in its word; the weaker one where ends differ. Absent when no
// end could have such copies.
absl::StatusOr<std::string> DeliveryBasis(const v1::TrialRecord& trial);

}  // namespace copycost::record

#endif  // COPYCOST_COORDINATOR_RECORD_COPIES_H_
