#include "agent/transport/inet_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/socket.h>
#include <netdb.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/status.h"

namespace copycost {
namespace {

struct BufferOption {
  absl::string_view name;
  int option;
  int force;  // past the host's limit
  absl::string_view limit;
};
constexpr BufferOption kSendBuffer = {"SO_SNDBUF", SO_SNDBUF, SO_SNDBUFFORCE, "wmem_max"};
constexpr BufferOption kReceiveBuffer = {"SO_RCVBUF", SO_RCVBUF, SO_RCVBUFFORCE, "rmem_max"};

// The kernel takes too large a size without a word, and less.
absl::Status SetBuffer(int socket, const BufferOption& buffer, uint64_t bytes) {
  if (bytes == 0) return absl::OkStatus();
  if (!SetIntOption(socket, SOL_SOCKET, buffer.force, bytes) &&
      !SetIntOption(socket, SOL_SOCKET, buffer.option, bytes)) {
    return ErrnoStatus(absl::StrCat("setsockopt ", buffer.name));
  }
  ASSIGN_OR_RETURN(const uint32_t doubled,
                   IntOption(socket, SOL_SOCKET, buffer.option, buffer.name));
  if (doubled == 2 * bytes) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      buffer.name, ": ", bytes, " bytes were asked for, the kernel gives ", doubled / 2,
      "; sysctl -w net.core.", buffer.limit, "=", bytes, ", or run copycost-agent as root"));
}

absl::StatusOr<SocketAddress> NameOf(int socket, int (*ask)(int, sockaddr*, socklen_t*) noexcept) {
  SocketAddress address;
  address.size = sizeof(address.storage);
  if (ask(socket, reinterpret_cast<sockaddr*>(&address.storage), &address.size) != 0) {
    return ErrnoStatus(ask == ::getpeername ? "getpeername" : "getsockname");
  }
  return address;
}

absl::StatusOr<std::string> Format(const SocketAddress& address) {
  char host[NI_MAXHOST];
  const int error =
      ::getnameinfo(address.get(), address.size, host, sizeof(host), nullptr, 0, NI_NUMERICHOST);
  if (error != 0) return absl::InternalError(absl::StrCat("getnameinfo: ", ::gai_strerror(error)));
  return std::string(host);
}

// Sizes that were set; those that the kernel chose itself it may change.
absl::Status EchoBuffers(int socket, v1::Workload& workload, v1::AppliedEnd& end) {
  ASSIGN_OR_RETURN(const uint32_t send, IntOption(socket, SOL_SOCKET, SO_SNDBUF, "SO_SNDBUF"));
  ASSIGN_OR_RETURN(const uint32_t receive, IntOption(socket, SOL_SOCKET, SO_RCVBUF, "SO_RCVBUF"));
  ASSIGN_OR_RETURN(const uint32_t locks, IntOptionOrZero(socket, SO_BUF_LOCK, "SO_BUF_LOCK"));
  end.set_send_buffer_bytes(send);
  end.set_receive_buffer_bytes(receive);
  workload.set_send_buffer_bytes((locks & SOCK_SNDBUF_LOCK) != 0 ? send / 2 : 0);
  workload.set_receive_buffer_bytes((locks & SOCK_RCVBUF_LOCK) != 0 ? receive / 2 : 0);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SocketAddress> ParseAddress(absl::string_view text, uint16_t port) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error =
      ::getaddrinfo(std::string(text).c_str(), absl::StrCat(port).c_str(), &hints, &found);
  if (error != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "' is not a numeric address: ", ::gai_strerror(error)));
  }
  SocketAddress address;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  address.size = found->ai_addrlen;
  ::freeaddrinfo(found);
  return address;
}

uint16_t PortOf(const SocketAddress& address) {
  return ntohs(address.storage.ss_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6&>(address.storage).sin6_port
                   : reinterpret_cast<const sockaddr_in&>(address.storage).sin_port);
}

absl::StatusOr<uint16_t> LocalPort(int socket) {
  ASSIGN_OR_RETURN(const SocketAddress name, NameOf(socket, ::getsockname));
  return PortOf(name);
}

absl::StatusOr<std::string> PeerAddress(int socket) {
  ASSIGN_OR_RETURN(const SocketAddress peer, NameOf(socket, ::getpeername));
  return Format(peer);
}

absl::StatusOr<uint32_t> IntOption(int socket, int level, int option, absl::string_view name) {
  int value = 0;
  socklen_t size = sizeof(value);
  if (::getsockopt(socket, level, option, &value, &size) != 0) {
    return ErrnoStatus(absl::StrCat("getsockopt ", name));
  }
  return static_cast<uint32_t>(value);
}

absl::StatusOr<uint32_t> IntOptionOrZero(int socket, int option, absl::string_view name) {
  int value = 0;
  socklen_t size = sizeof(value);
  if (::getsockopt(socket, SOL_SOCKET, option, &value, &size) == 0) {
    return static_cast<uint32_t>(value);
  }
  if (errno == ENOPROTOOPT) return 0;
  return ErrnoStatus(absl::StrCat("getsockopt ", name));
}

bool SetIntOption(int socket, int level, int option, uint64_t value) {
  const int number = static_cast<int>(value);
  return ::setsockopt(socket, level, option, &number, sizeof(number)) == 0;
}

absl::Status SetBuffers(int socket, uint64_t send_bytes, uint64_t receive_bytes) {
  RETURN_IF_ERROR(SetBuffer(socket, kSendBuffer, send_bytes));
  return SetBuffer(socket, kReceiveBuffer, receive_bytes);
}

absl::Status SetBusyPoll(int socket, uint32_t microseconds) {
  if (SetIntOption(socket, SOL_SOCKET, SO_BUSY_POLL, microseconds)) return absl::OkStatus();
  const int error = errno;
  if (microseconds == 0 && error == ENOPROTOOPT) return absl::OkStatus();
  const absl::Status refused =
      ErrnoStatus(error, absl::StrCat("setsockopt SO_BUSY_POLL ", microseconds));
  if (error == EPERM) {
    return absl::PermissionDeniedError(
        absl::StrCat(refused.message(),
                     "; run copycost-agent as root, or with CAP_NET_ADMIN: sudo setcap "
                     "cap_net_admin+ep copycost-agent"));
  }
  return absl::FailedPreconditionError(
      absl::StrCat(refused.message(), "; it needs a kernel with CONFIG_NET_RX_BUSY_POLL"));
}

std::optional<uint32_t> IncomingCpu(int socket) {
  const absl::StatusOr<uint32_t> cpu =
      IntOption(socket, SOL_SOCKET, SO_INCOMING_CPU, "SO_INCOMING_CPU");
  constexpr auto kNone = static_cast<uint32_t>(-1);
  return cpu.ok() && *cpu != kNone ? std::optional<uint32_t>(*cpu) : std::nullopt;
}

absl::Status MakeBlocking(int socket) {
  const int flags = ::fcntl(socket, F_GETFL);
  if (flags < 0 || ::fcntl(socket, F_SETFL, flags & ~O_NONBLOCK) != 0) return ErrnoStatus("fcntl");
  return absl::OkStatus();
}

absl::Status EchoInetSocket(int socket, v1::Workload& workload, v1::AppliedEnd& end) {
  ASSIGN_OR_RETURN(const SocketAddress local, NameOf(socket, ::getsockname));
  ASSIGN_OR_RETURN(const SocketAddress peer, NameOf(socket, ::getpeername));
  ASSIGN_OR_RETURN(*end.mutable_local_address(), Format(local));
  ASSIGN_OR_RETURN(*end.mutable_peer_address(), Format(peer));
  workload.set_ip_version(local.storage.ss_family == AF_INET6 ? v1::IP_VERSION_6
                                                              : v1::IP_VERSION_4);
  ASSIGN_OR_RETURN(const uint32_t busy_poll, IntOptionOrZero(socket, SO_BUSY_POLL, "SO_BUSY_POLL"));
  workload.set_busy_poll_us(busy_poll);
  // As it was when this end went there, if it did: it may change with every packet.
  if (const auto cpu = IncomingCpu(socket); cpu && !end.has_incoming_cpu()) {
    end.set_incoming_cpu(*cpu);
  }
  return EchoBuffers(socket, workload, end);
}

}  // namespace copycost
