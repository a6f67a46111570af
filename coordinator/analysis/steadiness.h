// Whether the goodput of an attempt held still over its window (METHOD.md "Warm-up and window").
// Pure. A remark on the trial, never a reason to leave it out.
#ifndef COPYCOST_COORDINATOR_ANALYSIS_STEADINESS_H_
#define COPYCOST_COORDINATOR_ANALYSIS_STEADINESS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "copycost/v1/result.pb.h"

namespace copycost::analysis {

// What the agent's receivers took, all flows together, in each 50 ms slice (half a sample) whose
// middle lies in the window of all of them: from the last opening to the first closing. Windows
// open a little after the slice that they were to open with, hence the middle. A slice of another
// length is scaled to 50 ms. Empty when the agent had no receivers, no window or no samples.
std::vector<uint64_t> WindowSlices(const v1::AgentRecord& agent);

// How many messages a sender had submitted until `instant_ns`, of its agent's clock; those of the
// slice in which that lies are spread evenly over it. Absent where the samples do not reach it.
std::optional<double> SentBefore(const v1::AgentRecord& agent, uint32_t flow, int64_t instant_ns);

// The halves differ by over 5 % of their mean (an odd middle slice belongs to neither), or the
// slices follow a trend: Spearman's rank correlation with time, mid-ranks for ties, two-sided p <
// 0.01 by the t approximation t = r sqrt((n - 2) / (1 - r^2)), n - 2 degrees of freedom (Kendall
// and Gibbons, Rank Correlation Methods, 4.13). No trend is told from fewer than 6 slices, of which
// not even the most orderly is that rare (2 / 5! > 0.01).
//
// `grain_bytes` come at once, in one slice or in the next: slices and halves that differ by no more
// than two of them are alike.
bool IsUnsteady(absl::Span<const uint64_t> bytes_per_50ms, uint64_t grain_bytes = 0);

}  // namespace copycost::analysis

#endif  // COPYCOST_COORDINATOR_ANALYSIS_STEADINESS_H_
