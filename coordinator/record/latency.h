// How long things took in an attempt: exchanges, the way of a request, the time until a buffer may
// be written again. All flows together. An agent's histogram is outside input: nothing is told of
// one that contradicts itself.
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

// What was timed (FlowResult in trial.proto).
enum class Timed { kExchange, kOneWay, kBufferReuse };

// The time in microseconds that all but `beyond_of_10000` of 10000 do not exceed: the smallest
// such, to 0.8 % (the middle of its bucket). Absent when so few were timed in the window that not
// one of them is expected beyond it; where there is no such thing to be timed; and without a
// window.
absl::StatusOr<double> LatencyUs(const v1::TrialRecord& trial, Timed timed,
                                 uint32_t beyond_of_10000);

// The longest; exact. Absent as above.
absl::StatusOr<double> LongestLatencyUs(const v1::TrialRecord& trial, Timed timed);

// OK where the pattern of the attempt has exchanges; else Absent.
absl::Status CheckExchanges(const v1::TrialRecord& trial);

}  // namespace copycost::record

#endif  // COPYCOST_COORDINATOR_RECORD_LATENCY_H_
