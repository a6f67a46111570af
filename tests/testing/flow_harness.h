// Flows over loopback, or pairs of unix sockets, between two real data threads, without an agent
// around them. For tests of modes, right and deliberately wrong ones.
#ifndef COPYCOST_TESTS_TESTING_FLOW_HARNESS_H_
#define COPYCOST_TESTS_TESTING_FLOW_HARNESS_H_

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "agent/data_thread.h"
#include "agent/receive_modes/receiver.h"
#include "agent/send_modes/sender.h"
#include "copycost/v1/trial.pb.h"

namespace copycost::testing {

struct FlowRun {
  absl::Status sender;
  absl::Status receiver;
  v1::FlowResult sent;      // meaningful when `sender` is OK
  v1::FlowResult received;  // meaningful when `receiver` is OK
  v1::Workload sender_echo;
  v1::Workload receiver_echo;
  v1::AppliedEnd receiver_end;
};

struct FlowOptions {
  v1::Workload workload;                         // messages_per_flow set
  std::unique_ptr<Sender> sender = nullptr;      // of messages or requests; the workload's mode
  std::unique_ptr<Receiver> receiver = nullptr;  // likewise
  // The receiver takes nothing before the sender has submitted so many bytes (at most 50 KiB, which
  // the socket's buffers hold); most of them then still wait in the sender's queue.
  uint64_t head_start_bytes = 0;
  absl::Duration drain_limit = DataThread::kDrainLimit;
};

// 64 messages of 16 KiB in 8 fields, verified, ring depth 8, one flow.
v1::Workload VerifiedWorkload(v1::SendMode mode);

// The end of both threads. Aborts the flow when one of them fails.
FlowRun RunFlow(FlowOptions options);

// As many flows between the two threads as workload.flows_per_thread says; the first one's modes,
// and head start, as above. Statuses are those of the threads, in each.
std::vector<FlowRun> RunFlows(FlowOptions options);

}  // namespace copycost::testing

#endif  // COPYCOST_TESTS_TESTING_FLOW_HARNESS_H_
