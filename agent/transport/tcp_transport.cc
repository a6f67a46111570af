// TCP as it is.
#include "agent/link/data_interface.h"
#include "agent/transport/tcp.h"
#include "agent/transport/transport.h"
#include "common/status.h"

namespace copycost {
namespace {

class Tcp final : public Transport {
 public:
  v1::Transport kind() const override { return v1::TRANSPORT_TCP; }

  absl::StatusOr<SocketPair> ConnectPair() const override { return ConnectLoopbackPair(); }

  absl::Status Open(int socket, const v1::Workload& workload,
                    v1::AppliedEnd& applied) const override {
    RETURN_IF_ERROR(PaceTcp(socket, workload.pacing_bits_per_s()));
    ASSIGN_OR_RETURN(*applied.mutable_interface(), FindDataInterface(socket));
    RETURN_IF_ERROR(SetNodelay(socket, workload.nodelay() == v1::NODELAY_ON));
    return SetBusyPoll(socket, workload.busy_poll_us());
  }

  DataPath PathOf(const v1::AppliedEnd& applied, bool peer_on_same_host) const override {
    return PathOver(applied.interface(), peer_on_same_host);
  }

  absl::Status Echo(int socket, const v1::Workload& asked, v1::Workload& told,
                    v1::AppliedEnd& applied) const override {
    return EchoTcp(socket, asked.mss_bytes(), told, applied);
  }

  absl::Status Tell(int socket, v1::FlowResult& result) const override {
    ASSIGN_OR_RETURN(const TcpState tcp, ReadTcpState(socket));
    result.set_retransmitted_segments(tcp.retransmitted_segments);
    result.set_retransmitted_bytes(tcp.retransmitted_bytes);
    return absl::OkStatus();
  }
};

}  // namespace

const Transport& TcpTransport() {
  static const Tcp tcp;
  return tcp;
}

}  // namespace copycost
