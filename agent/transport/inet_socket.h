// What sockets over IPv4 and IPv6 have in common. Addresses are numeric; no names are ever
// resolved.
#ifndef COPYCOST_AGENT_TRANSPORT_INET_SOCKET_H_
#define COPYCOST_AGENT_TRANSPORT_INET_SOCKET_H_

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// InvalidArgument for an address that is not numeric.
absl::StatusOr<SocketAddress> ParseAddress(absl::string_view text, uint16_t port);
uint16_t PortOf(const SocketAddress& address);

absl::StatusOr<uint16_t> LocalPort(int socket);

// Numeric. Of an established socket.
absl::StatusOr<std::string> PeerAddress(int socket);

// Options that are an int. IntOptionOrZero: 0 for one that this kernel does not have, as if it were
// never set.
absl::StatusOr<uint32_t> IntOption(int socket, int level, int option, absl::string_view name);
absl::StatusOr<uint32_t> IntOptionOrZero(int socket, int option, absl::string_view name);
bool SetIntOption(int socket, int level, int option, uint64_t value);

// SO_SNDBUF and SO_RCVBUF; 0: as the kernel has it. FailedPrecondition names the setting that would
// permit a size.
absl::Status SetBuffers(int socket, uint64_t send_bytes, uint64_t receive_bytes);

// How long an established socket polls its device before it sleeps (SO_BUSY_POLL). PermissionDenied
// without CAP_NET_ADMIN; FailedPrecondition where the kernel cannot. 0 never fails for either.
absl::Status SetBusyPoll(int socket, uint32_t microseconds);

// Where the kernel last took packets for a socket; absent before it has, or where it does not tell.
std::optional<uint32_t> IncomingCpu(int socket);

// Makes an established socket ready for a data thread.
absl::Status MakeBlocking(int socket);

// What the kernel says of a connected socket: its options into `workload`, with the IP version;
// addresses and buffers into `end`.
absl::Status EchoInetSocket(int socket, v1::Workload& workload, v1::AppliedEnd& end);

}  // namespace copycost

#endif  // COPYCOST_AGENT_TRANSPORT_INET_SOCKET_H_
