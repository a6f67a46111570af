// Whether a finished attempt measured what was asked, and what must be remarked about it. Pure.
#ifndef COPYCOST_COORDINATOR_DRIVE_JUDGE_H_
#define COPYCOST_COORDINATOR_DRIVE_JUDGE_H_

#include <vector>

#include "absl/status/status.h"
#include "copycost/v1/result.pb.h"

namespace copycost {

// Every agent of the attempt has Finished. DataLoss, with the reason, when it is invalid: a flow
// with one end, bytes accepted but not delivered (of responses too), bytes not verified, sends
// never completed, latencies that contradict themselves, windows that overlap by less than 99 % (by
// what is certain of their clocks), nothing received.
absl::Status CheckFinished(const v1::TrialRecord& attempt);

// In the order of their numbers, each once. For an attempt that passed CheckFinished.
std::vector<v1::Flag> FlagsOf(const v1::TrialRecord& attempt);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_DRIVE_JUDGE_H_
