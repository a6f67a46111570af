#include "absl/strings/str_cat.h"
#include "agent/transport/transport.h"

namespace copycost {

// Each defined in the transport's own file.
const Transport& TcpTransport();
const Transport& UnixTransport();
const Transport& KtlsTransport();

absl::Span<const Transport* const> Transports() {
  static const Transport* const kTransports[] = {&TcpTransport(), &UnixTransport(),
                                                 &KtlsTransport()};
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
