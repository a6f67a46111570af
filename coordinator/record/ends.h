// Finding what the ends of an attempt reported. An end counts only where its agent was asked to
// play it (Prepare.ends): an end that reported nothing makes a figure over all ends untellable,
// instead of a sum over those that did.
#ifndef COPYCOST_COORDINATOR_RECORD_ENDS_H_
#define COPYCOST_COORDINATOR_RECORD_ENDS_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "copycost/v1/result.pb.h"

namespace copycost::record {

// The status of a figure that cannot be told; `reason` is all of its message.
absl::Status Absent(absl::string_view reason);

// "flow 2's receiver"
std::string NameOf(const v1::FlowResult& end);

bool HasEnds(const v1::AgentRecord& agent, v1::Role role);

// The ends of one role: one agent's, possibly none, or the whole attempt's, at least one. Pointers
// into the record. Absent when an agent did not finish or left an end out.
absl::StatusOr<std::vector<const v1::FlowResult*>> EndsOf(const v1::AgentRecord& agent,
                                                          v1::Role role);
absl::StatusOr<std::vector<const v1::FlowResult*>> EndsOf(const v1::TrialRecord& trial,
                                                          v1::Role role);

// What an end did in one direction: a stream's sender sends, its receiver receives; where the
// pattern has exchanges every end does both, one with the requests and one with the responses.
enum class Side { kSending, kReceiving };
struct Part {
  const v1::FlowResult* end;
  const v1::Evidence* evidence;  // null: the end gave none
  uint64_t total_bytes;
};

// Everything of an attempt that was done on one side, at least one part. Absent as above, and when
// an end of an exchange tells nothing of its responses.
absl::StatusOr<std::vector<Part>> PartsOf(const v1::TrialRecord& trial, Side side);

// The window of an end; Absent for ends without one (verify trials) and for an empty one.
absl::StatusOr<const v1::WindowCounts*> WindowOf(const v1::FlowResult& end);

// The windows of every end of a role, or of every end that sends.
absl::StatusOr<std::vector<const v1::WindowCounts*>> WindowsOf(const v1::TrialRecord& trial,
                                                               v1::Role role);
absl::StatusOr<std::vector<const v1::WindowCounts*>> SendersWindowsOf(const v1::TrialRecord& trial);

// CPU time of a role's data threads in their windows, each thread's once. Every flow of a thread
// tells all of it, between instants that may lie a little apart: what counts is their mean.
absl::StatusOr<double> ThreadCpuNs(const v1::TrialRecord& trial, v1::Role role);
// Of one agent's, which may have none.
absl::StatusOr<double> ThreadCpuNs(const v1::AgentRecord& agent, v1::Role role);

}  // namespace copycost::record

#endif  // COPYCOST_COORDINATOR_RECORD_ENDS_H_
