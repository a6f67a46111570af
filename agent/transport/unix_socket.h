// AF_UNIX stream sockets for the data path, between processes of one user on one host, whatever
// their network namespaces. An abstract name belongs to a network namespace, and a path would be
// left behind by a process that is killed. So a listening socket gets a path in a new directory for
// as long as it takes to open that place with O_PATH; then both are removed, and peers find it
// through /proc/PROCESS/fd/DESCRIPTOR, which leads to the place though it has no name any more. The
// kernel lets those there who may read the process's memory map (proc(5), ptrace(2): the same user,
// in the same PID namespace). Nothing is left behind when the process ends, however it ends; one
// that is killed within those microseconds leaves an empty directory named copycost-*, with a
// socket in it at most.
#ifndef COPYCOST_AGENT_TRANSPORT_UNIX_SOCKET_H_
#define COPYCOST_AGENT_TRANSPORT_UNIX_SOCKET_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/transport/socket_pair.h"
#include "common/fd.h"

namespace copycost {

// Where a peer finds a listening socket; process 0: nowhere.
struct UnixPlace {
  uint32_t process = 0;
  uint32_t descriptor = 0;
};

struct UnixListener {
  UniqueFd socket;  // non-blocking
  UniqueFd place;   // opened with O_PATH; open for as long as peers may come
  UnixPlace address;
};

// FailedPrecondition where there is no directory to write to, or no /proc.
absl::StatusOr<UnixListener> ListenUnix();

// A non-blocking socket on its way to `place`; POLLOUT tells the end, SO_ERROR how it went.
// FailedPrecondition where `place` cannot be reached: it says who can.
absl::StatusOr<UniqueFd> StartUnixConnect(const UnixPlace& place);

// PermissionDenied when the peer of an established socket runs as another user (SO_PEERCRED).
absl::Status CheckPeerUser(int socket);

// From socketpair(2).
absl::StatusOr<SocketPair> ConnectUnixPair();

}  // namespace copycost

#endif  // COPYCOST_AGENT_TRANSPORT_UNIX_SOCKET_H_
