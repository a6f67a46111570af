// What held an attempt back: which of the things that can is seen to have. Rules, in order, each
// with its source; docs/bottleneck.md describes them to readers.
#ifndef COPYCOST_COORDINATOR_RECORD_BOTTLENECK_H_
#define COPYCOST_COORDINATOR_RECORD_BOTTLENECK_H_

#include "absl/status/statusor.h"
#include "copycost/v1/result.pb.h"

namespace copycost::record {

// Absent where the attempt has no window, or where no rule applies: what was seen then explains
// nothing. Pure.
absl::StatusOr<v1::Bottleneck> BottleneckOf(const v1::TrialRecord& trial);

}  // namespace copycost::record

#endif  // COPYCOST_COORDINATOR_RECORD_BOTTLENECK_H_
