#include "agent/transport/tcp_transport.h"

#include "agent/link/data_interface.h"
#include "agent/transport/inet_socket.h"
#include "agent/transport/tcp.h"
#include "common/status.h"

namespace copycost {

absl::StatusOr<SocketPair> TcpTransportBase::ConnectPair() const { return ConnectLoopbackPair(); }

absl::Status TcpTransportBase::Open(int socket, const v1::Workload& workload,
                                    const v1::FlowEnd& /*end*/, v1::AppliedEnd& applied) const {
  RETURN_IF_ERROR(PaceTcp(socket, workload.pacing_bits_per_s()));
  ASSIGN_OR_RETURN(*applied.mutable_interface(), FindDataInterface(socket));
  RETURN_IF_ERROR(SetNodelay(socket, workload.nodelay() == v1::NODELAY_ON));
  return SetBusyPoll(socket, workload.busy_poll_us());
}

DataPath TcpTransportBase::PathOf(const v1::AppliedEnd& applied, bool peer_on_same_host) const {
  return PathOver(applied.interface(), peer_on_same_host);
}

absl::Status TcpTransportBase::Echo(int socket, const v1::Workload& asked, v1::Workload& told,
                                    v1::AppliedEnd& applied) const {
  return EchoTcp(socket, asked.mss_bytes(), told, applied);
}

absl::Status TcpTransportBase::Tell(int socket, v1::FlowResult& result) const {
  ASSIGN_OR_RETURN(const v1::TcpReading tcp, copycost::ReadTcp(socket));
  result.set_retransmitted_segments(tcp.retransmitted_segments());
  result.set_retransmitted_bytes(tcp.retransmitted_bytes());
  return absl::OkStatus();
}

absl::StatusOr<std::optional<v1::TcpReading>> TcpTransportBase::ReadTcp(int socket) const {
  ASSIGN_OR_RETURN(v1::TcpReading reading, copycost::ReadTcp(socket));
  return reading;
}

const Transport& TcpTransport() {
  static const TcpTransportBase tcp;
  return tcp;
}

}  // namespace copycost
