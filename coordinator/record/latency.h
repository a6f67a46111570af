// How long the exchanges of an attempt took, all flows together. An agent's histogram is outside
// input: nothing is told of one that contradicts itself.
#ifndef COPYCOST_COORDINATOR_RECORD_LATENCY_H_
#define COPYCOST_COORDINATOR_RECORD_LATENCY_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "copycost/v1/result.pb.h"

namespace copycost::record {

// DataLoss unless the buckets exist and ascend, each has a count, the counts add up, and the
// extremes lie in the outermost buckets.
absl::Status CheckLatency(const v1::LatencyHistogram& latency);

// The latency in microseconds that all but `beyond_of_10000` of 10000 exchanges do not exceed: the
// smallest such, to 0.8 % (the middle of its bucket). Absent when so few exchanges lay in the
// window that not one of them is expected beyond it; where the pattern has no exchanges; and
// without a window.
absl::StatusOr<double> LatencyUs(const v1::TrialRecord& trial, uint32_t beyond_of_10000);

// The longest; exact. Absent as above.
absl::StatusOr<double> LongestLatencyUs(const v1::TrialRecord& trial);

// OK where the pattern of the attempt has exchanges; else Absent.
absl::Status CheckExchanges(const v1::TrialRecord& trial);

}  // namespace copycost::record

#endif  // COPYCOST_COORDINATOR_RECORD_LATENCY_H_
