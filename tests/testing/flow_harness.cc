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

FlowRun RunFlow(FlowOptions options) {
  ::signal(SIGPIPE, SIG_IGN);  // as the agent does: not every call can be told to spare it
  RealClock clock;
  WindowGate sender_gate(clock);
  WindowGate receiver_gate(clock);
  Mailbox<End> ready(clock);
  Mailbox<End> done(clock);
  SocketPair pair = FindTransport(options.workload.transport()).value()->ConnectPair().value();
  if (options.head_start_bytes > 0) {
    // Pinned fields are charged by the page, which is more than they hold.
    SetBuffer(pair.client, SO_SNDBUF, static_cast<int>(4 * options.head_start_bytes));
    SetBuffer(pair.server, SO_RCVBUF, 16384);
  }
  const v1::Workload& workload = options.workload;
  const auto make = [&](v1::Role role, UniqueFd socket, UniqueFd control, WindowGate& gate) {
    v1::FlowEnd end;
    end.set_flow(3);
    end.set_role(role);
    end.set_peer_on_same_host(true);
    const bool sends = role == v1::ROLE_SENDER;
    end.set_nonce(std::string(16, sends ? 's' : 'r'));
    end.set_peer_nonce(std::string(16, sends ? 'r' : 's'));
    return DataThread::Options{.end = end,
                               .workload = workload,
                               .content_seed = 42,
                               .socket = std::move(socket),
                               .control = std::move(control),
                               .sender = nullptr,
                               .receiver = nullptr,
                               .gate = gate,
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
  DataThread::Options sends =
      make(v1::ROLE_SENDER, std::move(pair.client), std::move(pair.client_control), sender_gate);
  sends.sender = options.sender != nullptr ? std::move(options.sender)
                                           : MakeSender(workload.send_mode()).value();
  DataThread::Options receives = make(v1::ROLE_RECEIVER, std::move(pair.server),
                                      std::move(pair.server_control), receiver_gate);
  receives.receiver = options.receiver != nullptr ? std::move(options.receiver)
                                                  : MakeReceiver(workload.receive_mode()).value();
  if (Exchanges(workload.pattern())) {
    sends.receiver = MakeReceiver(workload.receive_mode()).value();
    receives.sender = MakeSender(workload.send_mode()).value();
  }
  DataThread sender(std::move(sends));
  DataThread receiver(std::move(receives));

  FlowRun run;
  const auto take = [&](End end) {
    (end.role == v1::ROLE_SENDER ? run.sender : run.receiver) = end.status;
    return end.status.ok();
  };
  for (int i = 0; i < 2; ++i) {
    if (!take(*ready.PopUntil(absl::InfiniteFuture()))) return run;
  }
  sender_gate.Advance(Phase::kRunning);
  while (sender.meter().counters().bytes.Get() < options.head_start_bytes) {
    std::this_thread::yield();
  }
  receiver_gate.Advance(Phase::kRunning);
  for (int i = 0; i < 2; ++i) {
    if (take(*done.PopUntil(absl::InfiniteFuture()))) continue;
    sender.Abort();
    receiver.Abort();
  }
  run.sent = sender.result();
  run.received = receiver.result();
  run.sender_echo = sender.echo();
  run.receiver_echo = receiver.echo();
  return run;
}

}  // namespace copycost::testing
