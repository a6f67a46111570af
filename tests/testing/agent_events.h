// What an honest agent answers to a Prepare, for tests to bend.
#ifndef COPYCOST_TESTS_TESTING_AGENT_EVENTS_H_
#define COPYCOST_TESTS_TESTING_AGENT_EVENTS_H_

#include <cstdint>
#include <vector>

#include "common/latency_buckets.h"
#include "common/mode_traits.h"
#include "copycost/v1/trial.pb.h"

namespace copycost::testing {

// What the parts of one role echo; fields that only the other applies stay unset.
inline void EchoRole(v1::Role role, const v1::Workload& asked, v1::Workload& applied) {
  applied = asked;
  const bool both = Exchanges(asked.pattern());
  const bool sends = both || role == v1::ROLE_SENDER;
  const bool receives = both || role == v1::ROLE_RECEIVER;
  if (!sends || asked.send_mode() != v1::SEND_MODE_ZERO_COPY) applied.clear_ring_depth();
  if (!receives) {
    applied.clear_receive_mode();
    applied.clear_read();
  }
  if (!sends) {
    applied.clear_send_mode();
    applied.clear_fields();
    applied.clear_touch();
  }
  if (!sends && !HasBuffers(asked.receive_mode())) {
    applied.clear_alignment_bytes();
    applied.clear_huge_pages();
  }
  if (role == v1::ROLE_RECEIVER && !HasBuffers(asked.receive_mode())) {
    applied.clear_working_set_bytes();
  }
  if (role != v1::ROLE_SENDER) applied.clear_rate();
  if (!receives || asked.placement() != v1::PLACEMENT_INCOMING_CPU) applied.clear_placement();
}

inline v1::Ready ReadyFor(const v1::Prepare& prepare) {
  v1::Ready ready;
  for (const v1::FlowEnd& end : prepare.ends()) {
    v1::Workload part;
    EchoRole(end.role(), prepare.workload(), part);
    ready.mutable_applied()->MergeFrom(part);
    v1::AppliedEnd& applied = *ready.add_ends();
    applied.set_flow(end.flow());
    applied.set_role(end.role());
    applied.set_cpu(end.cpu());
    applied.set_thread(end.thread());
    applied.set_incoming_cpu(end.cpu());
  }
  return ready;
}

inline constexpr uint64_t kMessagesInWindow = 8000;  // of each flow; a multiple of every slice

// What an end tells besides where requests are answered.
inline void AddExchanges(const v1::Workload& workload, v1::FlowResult& result) {
  v1::Responses& responses = *result.mutable_responses();
  responses.set_total_messages(result.total_messages());
  responses.set_total_bytes(responses.total_messages() * workload.response_bytes());
  if (result.role() == v1::ROLE_RECEIVER) {
    if (workload.send_mode() == v1::SEND_MODE_ZERO_COPY) {
      responses.mutable_evidence()->set_zero_copy_sends(responses.total_messages());
      responses.mutable_evidence()->set_zero_copy_completions(responses.total_messages());
    }
    return;
  }
  if (workload.read() == v1::READ_VERIFY) responses.set_verified_bytes(responses.total_bytes());
  if (!result.has_window()) return;
  v1::LatencyHistogram& latency = *result.mutable_latency();
  latency.add_buckets(LatencyBucketOf(20'000));
  latency.add_counts(kMessagesInWindow);
  latency.set_count(kMessagesInWindow);
  latency.set_min_ns(20'000);
  latency.set_max_ns(20'000);
}

inline v1::FlowResult ResultFor(const v1::FlowEnd& end, const v1::Workload& workload,
                                int64_t start_ns) {
  v1::FlowResult result;
  result.set_flow(end.flow());
  result.set_role(end.role());
  const bool counted = workload.messages_per_flow() > 0;
  result.set_total_messages(counted ? workload.messages_per_flow() : 2 * kMessagesInWindow);
  result.set_total_bytes(result.total_messages() * workload.message_bytes());
  if (!counted) {
    v1::WindowCounts& window = *result.mutable_window();
    window.set_opened_ns(start_ns + workload.warmup_ns());
    window.set_closed_ns(window.opened_ns() + workload.window_ns());
    if (end.role() == v1::ROLE_SENDER || Exchanges(workload.pattern())) {
      window.set_messages(kMessagesInWindow);
    }
    window.set_bytes(kMessagesInWindow * (workload.message_bytes() + workload.response_bytes()));
  }
  if (end.role() == v1::ROLE_RECEIVER && workload.read() == v1::READ_VERIFY) {
    result.set_verified_bytes(result.total_bytes());
  }
  if (end.role() == v1::ROLE_SENDER && workload.send_mode() == v1::SEND_MODE_ZERO_COPY) {
    result.mutable_evidence()->set_zero_copy_sends(result.total_messages());
    result.mutable_evidence()->set_zero_copy_completions(result.total_messages());
    if (!counted) result.mutable_buffer_reuse();  // none was timed
  }
  if (Exchanges(workload.pattern())) AddExchanges(workload, result);
  return result;
}

// `start_ns`: when the traffic started.
inline v1::Finished FinishedFor(const v1::Prepare& prepare, int64_t start_ns) {
  v1::Finished finished;
  for (const v1::FlowEnd& end : prepare.ends()) {
    *finished.add_flows() = ResultFor(end, prepare.workload(), start_ns);
  }
  return finished;
}

// One sample for each 100 ms of the window, all alike.
inline std::vector<v1::Sample> SamplesFor(const v1::Prepare& prepare, int64_t start_ns) {
  constexpr int64_t kSliceNs = 100'000'000;
  const int64_t opened_ns = start_ns + prepare.workload().warmup_ns();
  std::vector<v1::Sample> samples;
  for (int64_t at = 0; at + kSliceNs <= prepare.workload().window_ns(); at += kSliceNs) {
    v1::Sample& sample = samples.emplace_back();
    sample.set_index(static_cast<uint32_t>(samples.size() - 1));
    sample.set_begin_ns(opened_ns + at);
    sample.set_middle_ns(opened_ns + at + kSliceNs / 2);
    sample.set_end_ns(opened_ns + at + kSliceNs);
    for (const v1::FlowEnd& end : prepare.ends()) {
      v1::Sample::Flow& flow = *sample.add_flows();
      flow.set_flow(end.flow());
      flow.set_role(end.role());
      flow.set_bytes(2000);
      flow.add_half_bytes(1000);
      flow.add_half_bytes(1000);
    }
  }
  return samples;
}

}  // namespace copycost::testing

#endif  // COPYCOST_TESTS_TESTING_AGENT_EVENTS_H_
