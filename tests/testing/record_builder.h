// Records of trials and runs that went well, for tests to bend.
//
//   v1::TrialRecord trial = OkTrial({.block = 2, .mode = v1::SEND_MODE_ZERO_COPY});
//   EndOf(trial, v1::ROLE_SENDER).set_total_bytes(1);
#ifndef COPYCOST_TESTS_TESTING_RECORD_BUILDER_H_
#define COPYCOST_TESTS_TESTING_RECORD_BUILDER_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/latency_buckets.h"
#include "coordinator/record/run.h"

namespace copycost::testing {

struct TrialOptions {
  uint32_t block = 1;
  uint32_t cell = 1;
  uint32_t attempt = 1;
  v1::SendMode mode = v1::SEND_MODE_TWO_COPY;
  uint32_t flows = 1;
  uint32_t flows_per_thread = 1;
  uint64_t window_bytes = 600'000'000;  // of each flow, both sides; 8 Gbit/s
};

inline v1::Workload WorkloadOf(v1::SendMode mode, uint64_t message_bytes = 65536,
                               uint32_t threads = 1) {
  v1::Workload workload;
  workload.set_transport(v1::TRANSPORT_TCP);
  workload.set_ip_version(v1::IP_VERSION_4);
  workload.set_pattern(v1::PATTERN_STREAM);
  workload.set_send_mode(mode);
  workload.set_receive_mode(v1::RECEIVE_MODE_RECV);
  workload.set_message_bytes(message_bytes);
  workload.set_fields(8);
  workload.set_threads(threads);
  workload.set_flows_per_thread(1);
  workload.set_touch(v1::TOUCH_FIELDS);
  workload.set_read(v1::READ_NONE);
  workload.set_congestion("cubic");
  workload.set_nodelay(v1::NODELAY_OFF);
  workload.set_tso(v1::OFFLOAD_FOUND);
  workload.set_gro(v1::OFFLOAD_FOUND);
  workload.set_huge_pages(v1::HUGE_PAGES_NONE);
  workload.set_placement(v1::PLACEMENT_SPREAD);
  workload.set_ring_depth(64);
  workload.set_warmup_ns(200'000'000);
  workload.set_window_ns(600'000'000);
  return workload;
}

inline v1::AgentRecord& AgentOf(v1::TrialRecord& trial, v1::Role role) {
  return *trial.mutable_agents(role == v1::ROLE_SENDER ? 0 : 1);
}

inline v1::FlowResult& EndOf(v1::TrialRecord& trial, v1::Role role, int index = 0) {
  return *AgentOf(trial, role).mutable_finished()->mutable_flows(index);
}

// One more flow to or from `agent`: a window of 0.6 s, ten times its bytes in the whole attempt.
inline v1::FlowResult& AddEnd(v1::AgentRecord& agent, v1::Role role, const TrialOptions& options) {
  const uint32_t flow = static_cast<uint32_t>(agent.prepare().ends_size());
  v1::FlowEnd& end = *agent.mutable_prepare()->add_ends();
  end.set_flow(flow);
  end.set_role(role);
  end.set_thread(flow / options.flows_per_thread);
  end.set_cpu(end.thread() + (role == v1::ROLE_RECEIVER ? 100 : 0));  // one for each
  v1::AppliedEnd& applied = *agent.mutable_ready()->add_ends();
  applied.set_flow(flow);
  applied.set_role(role);
  applied.set_thread(end.thread());
  applied.set_cpu(end.cpu());
  v1::FlowResult& result = *agent.mutable_finished()->add_flows();
  result.set_flow(flow);
  result.set_role(role);
  result.set_incoming_cpu(end.cpu());
  v1::WindowCounts& window = *result.mutable_window();
  window.set_opened_ns(1'000'000'000);
  window.set_closed_ns(1'600'000'000);
  window.set_bytes(options.window_bytes);
  if (role == v1::ROLE_SENDER) window.set_messages(options.window_bytes / 65536);
  window.set_calls(options.window_bytes / 65536);
  window.set_timed_calls(100);
  window.set_timed_call_ns(1'000'000);
  window.set_thread_cpu_ns(300'000'000);
  result.set_total_bytes(options.window_bytes * 10);
  result.set_retransmitted_segments(0);
  result.set_total_messages(result.total_bytes() / 65536);
  return result;
}

// Evidence as the modes give it on veth.
inline void AddEvidence(v1::SendMode mode, v1::FlowResult& end) {
  v1::Evidence& evidence = *end.mutable_evidence();
  const uint64_t bytes = end.total_bytes();
  if (end.role() == v1::ROLE_RECEIVER) {
    evidence.set_receive_copied_bytes(bytes);
    return;
  }
  evidence.set_touched_bytes(bytes);
  if (mode == v1::SEND_MODE_ZERO_COPY) {
    evidence.set_delivery_copied_low_bytes(bytes);
    evidence.set_delivery_copied_high_bytes(bytes);
    evidence.set_delivery_basis(v1::BASIS_BY_CONSTRUCTION);
    evidence.set_zero_copy_sends(end.total_messages());
    evidence.set_zero_copy_completions(end.total_messages());
    evidence.set_zero_copy_copied(end.total_messages());
    end.mutable_buffer_reuse();  // none was timed
    return;
  }
  evidence.set_kernel_copied_bytes(bytes);
  if (mode == v1::SEND_MODE_TWO_COPY) evidence.set_staged_bytes(bytes);
}

// A measure trial between two agents on one host.
inline v1::TrialRecord OkTrial(const TrialOptions& options = {}) {
  v1::TrialRecord trial;
  trial.set_trial_id(absl::StrCat("b", options.block, "-c", options.cell));
  trial.set_attempt(options.attempt);
  trial.set_block(options.block);
  trial.set_cell_id(options.cell);
  trial.set_purpose(v1::PURPOSE_MEASURE);
  *trial.mutable_workload() =
      WorkloadOf(options.mode, 65536, options.flows / options.flows_per_thread);
  trial.mutable_workload()->set_flows_per_thread(options.flows_per_thread);
  trial.set_started_unix_ns(1'760'000'000'123'000'000);
  trial.set_ended_unix_ns(1'760'000'001'000'000'000);
  trial.set_outcome(v1::OUTCOME_OK);
  for (v1::Role role : {v1::ROLE_SENDER, v1::ROLE_RECEIVER}) {
    v1::AgentRecord& agent = *trial.add_agents();
    agent.set_agent(role == v1::ROLE_SENDER ? "sender" : "receiver");
    agent.set_boot_id("boot-1");
    for (uint32_t i = 0; i < options.flows; ++i) {
      AddEvidence(options.mode, AddEnd(agent, role, options));
    }
    v1::HostCpu& cpu = *agent.mutable_finished()->mutable_host_cpu();
    cpu.set_busy_ns(900'000'000);
    cpu.set_interval_ns(600'000'000);
    cpu.set_resolution_ns(20'000'000);
  }
  return trial;
}

// Makes an exchange trial of one that OkTrial made: responses as large as requests, told by both
// ends, and latencies of 1, 2, 3 ... us, so many of each flow.
inline void AnswerRequests(v1::TrialRecord& trial, v1::Pattern pattern, uint64_t latencies = 1000) {
  v1::Workload& workload = *trial.mutable_workload();
  workload.set_pattern(pattern);
  workload.set_response_bytes(workload.message_bytes());
  if (pattern == v1::PATTERN_PACED) workload.set_rate(1000);
  for (v1::Role role : {v1::ROLE_SENDER, v1::ROLE_RECEIVER}) {
    const v1::Role other = role == v1::ROLE_SENDER ? v1::ROLE_RECEIVER : v1::ROLE_SENDER;
    for (int i = 0; i < AgentOf(trial, role).finished().flows_size(); ++i) {
      const v1::FlowResult& peer = EndOf(trial, other, i);
      v1::Responses& responses = *EndOf(trial, role, i).mutable_responses();
      responses.set_total_messages(peer.total_messages());
      responses.set_total_bytes(peer.total_bytes());
      responses.set_verified_bytes(role == v1::ROLE_SENDER ? peer.verified_bytes() : 0);
      *responses.mutable_evidence() = peer.evidence();
      if (!EndOf(trial, role, i).has_window()) continue;
      if (role == v1::ROLE_RECEIVER) {
        v1::WindowCounts& answered = *EndOf(trial, role, i).mutable_window();
        if (!answered.has_messages()) {
          answered.set_messages(answered.bytes() / workload.message_bytes());
        }
        continue;
      }
      v1::LatencyHistogram& told = *EndOf(trial, role, i).mutable_latency();
      std::map<uint32_t, uint64_t> counts;
      for (uint64_t us = 1; us <= latencies; ++us) ++counts[LatencyBucketOf(us * 1000)];
      for (const auto& [bucket, count] : counts) {
        told.add_buckets(bucket);
        told.add_counts(count);
      }
      told.set_count(latencies);
      told.set_min_ns(latencies > 0 ? 1000 : 0);
      told.set_max_ns(latencies * 1000);
    }
  }
}

inline v1::Cell& AddCell(record::Run& run, const v1::Workload& workload, const std::string& label) {
  v1::Plan& plan = *run.info.mutable_plan();
  v1::Cell& cell = *plan.add_cells();
  cell.set_id(static_cast<uint32_t>(plan.cells_size()));
  cell.set_label(label);
  *cell.mutable_workload() = workload;
  return cell;
}

// A run of one cell in this mode, each of its `blocks` trials 1 % faster than the one before.
inline record::Run OneCellRun(int blocks, v1::SendMode mode = v1::SEND_MODE_TWO_COPY) {
  record::Run run;
  run.info.set_run_id("run-1");
  v1::Session& session = *run.info.add_sessions();
  session.set_started_unix_ns(1'760'000'000'000'000'000);
  session.set_command_line("copycost run");
  run.info.mutable_plan()->mutable_experiment()->set_name("quick");
  run.info.mutable_plan()->mutable_experiment()->set_topology("namespaces");
  run.info.mutable_plan()->mutable_experiment()->set_seed(18'446'744'073'709'551'615u);
  AddCell(run, WorkloadOf(mode), "cell");
  for (int block = 1; block <= blocks; ++block) {
    run.attempts.push_back(OkTrial({.block = static_cast<uint32_t>(block),
                                    .mode = mode,
                                    .window_bytes = 594'000'000u + 6'000'000u * block}));
  }
  return run;
}

}  // namespace copycost::testing

#endif  // COPYCOST_TESTS_TESTING_RECORD_BUILDER_H_
