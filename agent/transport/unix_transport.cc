// AF_UNIX stream sockets. Sending puts what is copied (unix_stream_sendmsg in the kernel's
// net/unix/af_unix.c), or references to the pages that are spliced, on the receiver's own queue;
// receiving copies from there. There is no network in between: no segments, no pacing, no
// interface, and no receive buffer, since what waits is the sender's to account for.
#include <sys/socket.h>

#include "agent/transport/transport.h"
#include "agent/transport/unix_socket.h"
#include "common/status.h"

namespace copycost {
namespace {

class Unix final : public Transport {
 public:
  v1::Transport kind() const override { return v1::TRANSPORT_UNIX; }

  absl::StatusOr<SocketPair> ConnectPair() const override { return ConnectUnixPair(); }

  absl::Status Open(int /*socket*/, const v1::Workload& /*workload*/, const v1::FlowEnd& /*end*/,
                    v1::AppliedEnd& /*applied*/) const override {
    return absl::OkStatus();
  }

  // What is spliced is queued as it is.
  DataPath PathOf(const v1::AppliedEnd& /*applied*/, bool /*peer_on_same_host*/) const override {
    return DataPath::kScatterGather;
  }

  absl::Status Echo(int socket, const v1::Workload& /*asked*/, v1::Workload& told,
                    v1::AppliedEnd& applied) const override {
    int domain = 0;
    int send_buffer = 0;
    socklen_t size = sizeof(int);
    if (::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0 ||
        ::getsockopt(socket, SOL_SOCKET, SO_SNDBUF, &send_buffer, &size) != 0) {
      return ErrnoStatus("getsockopt of a unix socket");
    }
    if (domain != AF_UNIX) return absl::InternalError("the flow's socket is no unix socket");
    told.set_transport(v1::TRANSPORT_UNIX);
    applied.set_send_buffer_bytes(static_cast<uint32_t>(send_buffer));
    return absl::OkStatus();
  }

  absl::Status Tell(int /*socket*/, v1::FlowResult& /*result*/) const override {
    return absl::OkStatus();
  }
};

}  // namespace

const Transport& UnixTransport() {
  static const Unix transport;
  return transport;
}

}  // namespace copycost
