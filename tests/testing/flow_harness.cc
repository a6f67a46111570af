#include "tests/testing/flow_harness.h"

#include <signal.h>
#include <sys/socket.h>

#include <thread>
#include <utility>

#include "agent/data_thread.h"
#include "agent/receive_modes/receive_modes.h"
#include "agent/send_modes/send_modes.h"
#include "agent/transport/transport.h"
#include "common/mailbox.h"
#include "common/mode_traits.h"

namespace copycost::testing {
namespace {

struct End {
  v1::Role role;
  absl::Status status;
};

void SetBuffer(const UniqueFd& socket, int option, int bytes) {
  ::setsockopt(socket.get(), SOL_SOCKET, option, &bytes, sizeof(bytes));
}

}  // namespace

v1::Workload VerifiedWorkload(v1::SendMode mode) {
  v1::Workload workload;
  workload.set_transport(v1::TRANSPORT_TCP);
  workload.set_ip_version(v1::IP_VERSION_4);
  workload.set_pattern(v1::PATTERN_STREAM);
  workload.set_send_mode(mode);
  workload.set_receive_mode(v1::RECEIVE_MODE_RECV);
  workload.set_message_bytes(16384);
  workload.set_fields(8);
  workload.set_threads(1);
  workload.set_flows_per_thread(1);
  workload.set_touch(v1::TOUCH_VERIFY);
  workload.set_read(v1::READ_VERIFY);
  workload.set_congestion("cubic");
  workload.set_nodelay(v1::NODELAY_OFF);
  workload.set_tso(v1::OFFLOAD_FOUND);
  workload.set_gro(v1::OFFLOAD_FOUND);
  workload.set_huge_pages(v1::HUGE_PAGES_NONE);
  workload.set_placement(v1::PLACEMENT_SPREAD);
  workload.set_ring_depth(8);
  workload.set_messages_per_flow(64);
  return workload;
}

namespace {

// Of flow 3, and those after it.
v1::FlowEnd EndOf(v1::Role role, uint32_t index) {
  v1::FlowEnd end;
  end.set_flow(3 + index);
  end.set_role(role);
  end.set_peer_on_same_host(true);
  const bool sends = role == v1::ROLE_SENDER;
  end.set_nonce(std::string(16, static_cast<char>((sends ? 's' : 'r') + index)));
  end.set_peer_nonce(std::string(16, static_cast<char>((sends ? 'r' : 's') + index)));
  return end;
}

void AddFlow(FlowOptions& options, uint32_t index, DataThread::Options& sends,
             DataThread::Options& receives) {
  const v1::Workload& workload = options.workload;
  SocketPair pair = FindTransport(workload.transport()).value()->ConnectPair().value();
  if (options.head_start_bytes > 0) {
    // Pinned fields are charged by the page, which is more than they hold.
    SetBuffer(pair.client, SO_SNDBUF, static_cast<int>(4 * options.head_start_bytes));
    SetBuffer(pair.server, SO_RCVBUF, 16384);
  }
  Flow::Parts sender = {.end = EndOf(v1::ROLE_SENDER, index),
                        .socket = std::move(pair.client),
                        .control = std::move(pair.client_control)};
  Flow::Parts receiver = {.end = EndOf(v1::ROLE_RECEIVER, index),
                          .socket = std::move(pair.server),
                          .control = std::move(pair.server_control)};
  sender.sender = options.sender != nullptr ? std::move(options.sender)
                                            : MakeSender(workload.send_mode()).value();
  receiver.receiver = options.receiver != nullptr ? std::move(options.receiver)
                                                  : MakeReceiver(workload.receive_mode()).value();
  if (Exchanges(workload.pattern())) {
    sender.receiver = MakeReceiver(workload.receive_mode()).value();
    receiver.sender = MakeSender(workload.send_mode()).value();
  }
  sends.flows.push_back(std::move(sender));
  receives.flows.push_back(std::move(receiver));
}

FlowRun RunOf(const absl::Status& sent, const absl::Status& received, const Flow& sender,
              const Flow& receiver) {
  return {.sender = sent,
          .receiver = received,
          .sent = sender.result(),
          .received = receiver.result(),
          .sender_echo = sender.echo(),
          .receiver_echo = receiver.echo(),
          .receiver_end = receiver.applied_end()};
}

}  // namespace

FlowRun RunFlow(FlowOptions options) { return RunFlows(std::move(options)).front(); }

std::vector<FlowRun> RunFlows(FlowOptions options) {
  ::signal(SIGPIPE, SIG_IGN);  // as the agent does: not every call can be told to spare it
  RealClock clock;
  WindowGate sender_gate(clock);
  WindowGate receiver_gate(clock);
  Mailbox<End> ready(clock);
  Mailbox<End> done(clock);
  const auto threaded = [&](v1::Role role, WindowGate& gate) {
    return DataThread::Options{
        .number = 0,
        .trial = {.workload = options.workload, .content_seed = 42, .gate = gate},
        .flows = {},
        .drain_limit = options.drain_limit,
        .on_ready =
            [&ready, role](absl::Status s) {
              ready.Push({role, std::move(s)});
            },
        .on_done =
            [&done, role](absl::Status s) {
              done.Push({role, std::move(s)});
            }};
  };
  DataThread::Options sends = threaded(v1::ROLE_SENDER, sender_gate);
  DataThread::Options receives = threaded(v1::ROLE_RECEIVER, receiver_gate);
  for (uint32_t i = 0; i < options.workload.flows_per_thread(); ++i) {
    AddFlow(options, i, sends, receives);
  }
  DataThread sender(std::move(sends));
  DataThread receiver(std::move(receives));

  absl::Status sent;
  absl::Status received;
  const auto take = [&](End end) {
    (end.role == v1::ROLE_SENDER ? sent : received) = end.status;
    return end.status.ok();
  };
  for (int i = 0; i < 2; ++i) {
    if (take(*ready.PopUntil(absl::InfiniteFuture()))) continue;
    FlowRun failed;
    failed.sender = sent;
    failed.receiver = received;
    return {failed};
  }
  sender_gate.Advance(Phase::kRunning);
  const FlowCounters& first = sender.flows().front()->meter().counters();
  while (first.bytes.Get() < options.head_start_bytes) std::this_thread::yield();
  receiver_gate.Advance(Phase::kRunning);
  for (int i = 0; i < 2; ++i) {
    if (take(*done.PopUntil(absl::InfiniteFuture()))) continue;
    sender.Abort();
    receiver.Abort();
  }
  std::vector<FlowRun> runs;
  for (size_t i = 0; i < sender.flows().size(); ++i) {
    runs.push_back(RunOf(sent, received, *sender.flows()[i], *receiver.flows()[i]));
  }
  return runs;
}

}  // namespace copycost::testing
