#include <sys/socket.h>

#include "absl/strings/str_cat.h"
#include "agent/transport/tcp.h"
#include "agent/transport/transport.h"
#include "common/status.h"

namespace copycost {

// Each defined in the transport's own file.
const Transport& TcpTransport();
const Transport& UnixTransport();
const Transport& KtlsTransport();
const Transport& UdpTransport();

// Of streams, which know an end.
absl::Status Transport::EndSending(const FlowSockets& sockets, absl::Time deadline) const {
  return EndStream(sockets.data, deadline);
}

absl::Status Transport::EndReceiving(const FlowSockets& sockets) const {
  return ::shutdown(sockets.data, SHUT_WR) == 0 ? absl::OkStatus() : ErrnoStatus("shutdown");
}

void Transport::Abort(const FlowSockets& sockets) const { ::shutdown(sockets.data, SHUT_RDWR); }

absl::Span<const Transport* const> Transports() {
  static const Transport* const kTransports[] = {&TcpTransport(), &UnixTransport(),
                                                 &KtlsTransport(), &UdpTransport()};
  return kTransports;
}

absl::StatusOr<const Transport*> FindTransport(v1::Transport kind) {
  for (const Transport* transport : Transports()) {
    if (transport->kind() == kind) return transport;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("workload.transport: this agent does not know value ", kind));
}

}  // namespace copycost
