// TCP sockets for the data path.
#ifndef COPYCOST_AGENT_TRANSPORT_TCP_H_
#define COPYCOST_AGENT_TRANSPORT_TCP_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "agent/transport/inet_socket.h"
#include "agent/transport/socket_pair.h"
#include "common/fd.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

// What has to be set before a connection is made. Empty or 0: as the kernel has it.
struct TcpOptions {
  std::string congestion;
  uint64_t send_buffer_bytes = 0;
  uint64_t receive_buffer_bytes = 0;
  uint32_t mss_bytes = 0;
};
TcpOptions TcpOptionsOf(const v1::Workload& workload);

// A listening, non-blocking socket on `address`, on a port the kernel chooses, with `options` for
// the sockets it accepts. InvalidArgument for an address that is not numeric; FailedPrecondition
// names the setting that would permit an option.
absl::StatusOr<UniqueFd> ListenTcp(absl::string_view address, const TcpOptions& options);

// A non-blocking socket on its way from `local` to `address`:`port`; POLLOUT tells the end,
// SO_ERROR how it went.
absl::StatusOr<UniqueFd> StartTcpConnect(absl::string_view local, absl::string_view address,
                                         uint16_t port, const TcpOptions& options);

// Bounds what an established socket sends (SO_MAX_PACING_RATE); 0: no bound.
absl::Status PaceTcp(int socket, uint64_t bits_per_s);

// Whether an established socket sends the end of a message at once (TCP_NODELAY). Else Nagle's
// algorithm holds a part of a segment back until what was sent before is acknowledged.
absl::Status SetNodelay(int socket, bool on);

// The connection that comes to a non-blocking `listener` from port `peer_port`; others that come
// are closed. DeadlineExceeded at `deadline` (monotonic).
absl::StatusOr<UniqueFd> AcceptTcpFrom(int listener, uint16_t peer_port, absl::Time deadline);

// As EchoInetSocket, and TCP's own options; the transport into `workload`, MSS into `end`. Which
// MSS was `asked` for it does not say, only what came of it: FailedPrecondition for one that is too
// large for the path.
absl::Status EchoTcp(int socket, uint32_t asked_mss_bytes, v1::Workload& workload,
                     v1::AppliedEnd& end);

// TCP_INFO, by any thread, of a connection that may have ended. FailedPrecondition on a kernel that
// does not count retransmitted bytes (before Linux 4.19): none is not the same as not counted.
absl::StatusOr<v1::TcpReading> ReadTcp(int socket);

// None where the socket is no TCP socket: nothing else sends anything again.
absl::StatusOr<uint64_t> RetransmittedBytes(int socket);

// Tells the peer that no more comes, and waits until it has said the same: everything sent was then
// acknowledged. DeadlineExceeded at `deadline` (monotonic); Unavailable when the connection is
// lost.
absl::Status EndStream(int socket, absl::Time deadline);

// Over 127.0.0.1. DeadlineExceeded after a second, for instance where a firewall drops packets on
// lo.
absl::StatusOr<SocketPair> ConnectLoopbackPair();

}  // namespace copycost

#endif  // COPYCOST_AGENT_TRANSPORT_TCP_H_
