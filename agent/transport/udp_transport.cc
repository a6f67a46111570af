// UDP. A message is one call, which the kernel cuts into datagrams late (UDP_SEGMENT) and joins
// early (UDP_GRO); what finds the receive buffer full, or is lost on the way, never arrives, and is
// never sent again. Nothing holds the sender back but its own device.
//
// The ends meet over TCP, as for TCP itself, and keep that connection: over it the receiver tells
// that datagrams arrive, without which the sender stops, and that it has seen the last.
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include "agent/link/data_interface.h"
#include "agent/transport/inet_socket.h"
#include "agent/transport/transport.h"
#include "agent/transport/udp.h"
#include "common/status.h"

namespace copycost {
namespace {

// What an end sends: messages or requests, or the responses to them. 0: nothing.
uint64_t SentBytes(const v1::Workload& workload, v1::Role role) {
  return role == v1::ROLE_SENDER ? workload.message_bytes() : workload.response_bytes();
}
uint64_t TakenBytes(const v1::Workload& workload, v1::Role role) {
  return role == v1::ROLE_SENDER ? workload.response_bytes() : workload.message_bytes();
}

class Udp final : public Transport {
 public:
  v1::Transport kind() const override { return v1::TRANSPORT_UDP; }

  absl::StatusOr<SocketPair> ConnectPair() const override {
    ASSIGN_OR_RETURN(SocketPair pair, ConnectUdpPair());
    // Whether the kernel can: 0 is no segment, and what it has of old.
    RETURN_IF_ERROR(CutDatagrams(pair.client.get(), 0));
    RETURN_IF_ERROR(JoinDatagrams(pair.server.get()));
    return pair;
  }

  absl::Status Open(int socket, const v1::Workload& workload, const v1::FlowEnd& end,
                    v1::AppliedEnd& applied) const override {
    ASSIGN_OR_RETURN(*applied.mutable_interface(), FindDataInterface(socket));
    RETURN_IF_ERROR(SetBusyPoll(socket, workload.busy_poll_us()));
    const uint32_t segment = SegmentOf(SentBytes(workload, end.role()), workload.mss_bytes(),
                                       applied.interface().mtu(), workload.ip_version());
    if (segment == 0) return absl::OkStatus();
    RETURN_IF_ERROR(CheckSegment(SentBytes(workload, end.role()), segment, applied.interface(),
                                 workload.ip_version()));
    return CutDatagrams(socket, segment);
  }

  absl::Status Greet(int socket, const v1::Workload& workload,
                     const v1::FlowEnd& end) const override {
    ASSIGN_OR_RETURN(const uint32_t segment,
                     IntOption(socket, IPPROTO_UDP, UDP_SEGMENT, "UDP_SEGMENT"));
    ASSIGN_OR_RETURN(const uint32_t peers,
                     GreetUdp(socket, end, end.role() == v1::ROLE_SENDER, segment));
    if (!JoinsWithinMessages(TakenBytes(workload, end.role()), peers)) return absl::OkStatus();
    return JoinDatagrams(socket);
  }

  DataPath PathOf(const v1::AppliedEnd& applied, bool peer_on_same_host) const override {
    return PathOver(applied.interface(), peer_on_same_host);
  }

  absl::Status Echo(int socket, const v1::Workload& asked, v1::Workload& told,
                    v1::AppliedEnd& applied) const override {
    RETURN_IF_ERROR(EchoInetSocket(socket, told, applied));
    ASSIGN_OR_RETURN(const uint32_t type, IntOption(socket, SOL_SOCKET, SO_TYPE, "SO_TYPE"));
    if (type != SOCK_DGRAM) return absl::InternalError("the flow's socket is no UDP socket");
    told.set_transport(v1::TRANSPORT_UDP);
    ASSIGN_OR_RETURN(const uint32_t segment,
                     IntOption(socket, IPPROTO_UDP, UDP_SEGMENT, "UDP_SEGMENT"));
    if (segment > 0) applied.set_mss_bytes(segment);
    if (asked.mss_bytes() > 0) told.set_mss_bytes(segment);
    return absl::OkStatus();
  }

  absl::Status Tell(int /*socket*/, v1::FlowResult& /*result*/) const override {
    return absl::OkStatus();
  }

  void Abort(const FlowSockets& sockets) const override {
    AbortDatagrams(sockets.data);
    ::shutdown(sockets.control, SHUT_RDWR);
  }

  absl::Status EndSending(const FlowSockets& sockets, absl::Time deadline) const override {
    return EndDatagrams(sockets.data, sockets.control, deadline);
  }

  absl::Status EndReceiving(const FlowSockets& sockets) const override {
    return ::shutdown(sockets.control, SHUT_WR) == 0 ? absl::OkStatus() : ErrnoStatus("shutdown");
  }
};

}  // namespace

const Transport& UdpTransport() {
  static const Udp transport;
  return transport;
}

}  // namespace copycost
