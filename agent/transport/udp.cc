#include "agent/transport/udp.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "agent/transport/inet_socket.h"
#include "agent/transport/tcp.h"
#include "common/clock.h"
#include "common/little_endian.h"
#include "common/status.h"

namespace copycost {
namespace {

constexpr uint32_t kUdpHeader = 8;
// For the other end's thread to come to its greeting, and for the answer to it.
constexpr absl::Duration kGreetingLimit = absl::Seconds(5);
constexpr absl::Duration kAnswerLimit = absl::Seconds(1);
// More than a receive buffer holds, and an end to taking what comes from a peer that goes on.
constexpr int kMostQueued = 1 << 20;
// Between two words that no more comes; the first may find the receive buffer full.
constexpr absl::Duration kAgain = absl::Milliseconds(5);

// What every kernel cuts (UDP_MAX_SEGMENTS); the newest twice as many.
constexpr uint64_t kMostSegments = 64;

// For the payload of a datagram.
uint32_t RoomIn(uint32_t mtu, v1::IpVersion version) {
  const uint32_t headers = kUdpHeader + (version == v1::IP_VERSION_6 ? 40 : 20);
  return mtu > headers ? mtu - headers : 0;
}

constexpr size_t kNonceBytes = 16;
using Greeting = std::array<std::byte, kNonceBytes + sizeof(uint32_t)>;

Greeting GreetingOf(const std::string& nonce, uint32_t segment) {
  Greeting greeting;
  std::memcpy(greeting.data(), nonce.data(), kNonceBytes);
  StoreLittleEndian(segment, absl::MakeSpan(greeting).subspan(kNonceBytes));
  return greeting;
}

uint32_t SegmentIn(const Greeting& greeting) {
  return static_cast<uint32_t>(
      LoadLittleEndian(absl::MakeConstSpan(greeting).subspan(kNonceBytes)));
}

absl::Status SendGreeting(int socket, const Greeting& greeting) {
  const ssize_t sent = ::send(socket, greeting.data(), greeting.size(), MSG_NOSIGNAL);
  return sent == static_cast<ssize_t>(greeting.size()) ? absl::OkStatus()
                                                       : ErrnoStatus("send greeting");
}

// False when nothing can be read by the deadline.
absl::StatusOr<bool> AwaitReadable(int socket, absl::Time deadline) {
  while (true) {
    const absl::Duration left = deadline - MonotonicTime();
    pollfd entry{.fd = socket, .events = POLLIN, .revents = 0};
    const timespec timeout = absl::ToTimespec(std::max(left, absl::ZeroDuration()));
    const int ready = ::ppoll(&entry, 1, &timeout, nullptr);
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return ErrnoStatus("poll");
    if (left <= absl::ZeroDuration()) return false;
  }
}

absl::StatusOr<uint32_t> HearGreeting(int socket, const std::string& nonce, absl::Duration limit) {
  const absl::Time deadline = MonotonicTime() + limit;
  while (true) {
    ASSIGN_OR_RETURN(const bool readable, AwaitReadable(socket, deadline));
    if (!readable || MonotonicTime() >= deadline) {
      return absl::UnavailableError(
          absl::StrCat("the peer's greeting over UDP did not come within ",
                       absl::FormatDuration(limit), ": a firewall, or a busy host"));
    }
    Greeting heard;
    const ssize_t got = ::recv(socket, heard.data(), heard.size(), MSG_TRUNC | MSG_DONTWAIT);
    // One that was shut down can be read at all times, and has nothing (datagram_poll).
    if (got < 0 && errno == EAGAIN) {
      return absl::UnavailableError("the flow was stopped before its ends had greeted");
    }
    if (got < 0 && errno != EINTR) return ErrnoStatus("recv greeting");
    if (got == static_cast<ssize_t>(heard.size()) &&
        std::memcmp(heard.data(), nonce.data(), kNonceBytes) == 0) {
      return SegmentIn(heard);
    }
  }
}

}  // namespace

absl::StatusOr<UniqueFd> BindUdp(absl::string_view address, const v1::Workload& workload) {
  ASSIGN_OR_RETURN(const SocketAddress local, ParseAddress(address, 0));
  UniqueFd socket(::socket(local.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return ErrnoStatus("socket");
  RETURN_IF_ERROR(
      SetBuffers(socket.get(), workload.send_buffer_bytes(), workload.receive_buffer_bytes()));
  if (::bind(socket.get(), local.get(), local.size) != 0) {
    return ErrnoStatus(absl::StrCat("bind ", address));
  }
  return socket;
}

absl::Status ConnectUdp(int socket, absl::string_view address, uint16_t port) {
  ASSIGN_OR_RETURN(const SocketAddress peer, ParseAddress(address, port));
  if (::connect(socket, peer.get(), peer.size) == 0) return absl::OkStatus();
  return ErrnoStatus(absl::StrCat("connect ", address, " port ", port));
}

absl::Status CheckSegment(uint64_t message_bytes, uint32_t segment,
                          const v1::DataInterface& interface, v1::IpVersion version) {
  const uint32_t room = RoomIn(interface.mtu(), version);
  if (segment > room) {
    return absl::FailedPreconditionError(
        absl::StrCat("datagrams of ", segment, " bytes were asked for, and ", interface.name(),
                     " carries ", room, "; lower --mss, or raise --mtu"));
  }
  const uint64_t segments = (message_bytes + segment - 1) / segment;
  if (segments > kMostSegments) {
    return absl::FailedPreconditionError(
        absl::StrCat("a message of ", message_bytes, " bytes is ", segments, " datagrams of ",
                     segment, ", and copycost has ", kMostSegments,
                     " cut of one call at most, as every kernel does; raise --mss"));
  }
  return absl::OkStatus();
}

uint32_t SegmentOf(uint64_t message_bytes, uint32_t asked, uint32_t mtu, v1::IpVersion version) {
  if (asked > 0) return asked;
  const uint32_t room = RoomIn(mtu, version);
  if (room == 0 || message_bytes <= room) return 0;
  return message_bytes % room == 0 ? room - 1 : room;
}

bool JoinsWithinMessages(uint64_t message_bytes, uint32_t segment) {
  return segment > 0 && message_bytes > segment && message_bytes % segment != 0;
}

absl::Status CutDatagrams(int socket, uint32_t segment) {
  if (SetIntOption(socket, IPPROTO_UDP, UDP_SEGMENT, segment)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(ErrnoStatus(absl::StrCat("setsockopt UDP_SEGMENT ", segment)).message(),
                   "; it needs Linux 4.18 or later"));
}

absl::Status JoinDatagrams(int socket) {
  if (SetIntOption(socket, IPPROTO_UDP, UDP_GRO, 1)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(ErrnoStatus("setsockopt UDP_GRO").message(), "; it needs Linux 5.0 or later"));
}

absl::StatusOr<uint32_t> GreetUdp(int socket, const v1::FlowEnd& end, bool begins,
                                  uint32_t segment) {
  if (end.nonce().size() != kNonceBytes || end.peer_nonce().size() != kNonceBytes) {
    return absl::InvalidArgumentError("ends: nonce and peer_nonce must have 16 bytes");
  }
  const Greeting greeting = GreetingOf(end.nonce(), segment);
  if (begins) RETURN_IF_ERROR(SendGreeting(socket, greeting));
  ASSIGN_OR_RETURN(const uint32_t peers,
                   HearGreeting(socket, end.peer_nonce(), begins ? kAnswerLimit : kGreetingLimit));
  if (!begins) RETURN_IF_ERROR(SendGreeting(socket, greeting));
  return peers;
}

absl::Status EndDatagrams(int socket, int control, absl::Time deadline) {
  while (MonotonicTime() < deadline) {
    // One that is refused, or lost, is followed by another.
    if (::send(socket, "", 0, MSG_NOSIGNAL) < 0 && errno == EPIPE) return ErrnoStatus("send");
    const absl::Time again = std::min(deadline, MonotonicTime() + kAgain);
    ASSIGN_OR_RETURN(bool readable, AwaitReadable(control, again));
    while (readable) {
      char heard[256];  // of what the receiver had taken
      const ssize_t got = ::recv(control, heard, sizeof(heard), MSG_DONTWAIT);
      if (got == 0) return absl::OkStatus();
      readable = got > 0;
      if (got < 0 && errno != EAGAIN && errno != EINTR) return ErrnoStatus("recv");
    }
  }
  return absl::DeadlineExceededError("the peer did not take the end of the stream in time");
}

// A ring does not see that a UDP socket was shut down (a receive that may not block asks for
// datagrams only, __skb_recv_udp in the kernel's net/ipv4/udp.c): it is sent the end by itself, for
// which there has to be room.
void AbortDatagrams(int socket) {
  SocketAddress own;
  own.size = sizeof(own.storage);
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&own.storage), &own.size) == 0 &&
      // ThreadSanitizer takes connect() for the making of a socket, which nobody else may use yet.
      ::syscall(SYS_connect, socket, own.get(), own.size) == 0) {
    char byte;
    for (int left = kMostQueued; left > 0 && ::recv(socket, &byte, 1, MSG_DONTWAIT) >= 0;) --left;
    ::send(socket, "", 0, MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  ::shutdown(socket, SHUT_RDWR);
}

absl::StatusOr<SocketPair> ConnectUdpPair() {
  constexpr char kHost[] = "127.0.0.1";
  ASSIGN_OR_RETURN(SocketPair controls, ConnectLoopbackPair());
  SocketPair pair;
  ASSIGN_OR_RETURN(pair.client, BindUdp(kHost, v1::Workload()));
  ASSIGN_OR_RETURN(pair.server, BindUdp(kHost, v1::Workload()));
  ASSIGN_OR_RETURN(const uint16_t client_port, LocalPort(pair.client.get()));
  ASSIGN_OR_RETURN(const uint16_t server_port, LocalPort(pair.server.get()));
  RETURN_IF_ERROR(ConnectUdp(pair.client.get(), kHost, server_port));
  RETURN_IF_ERROR(ConnectUdp(pair.server.get(), kHost, client_port));
  pair.client_control = std::move(controls.client);
  pair.server_control = std::move(controls.server);
  return pair;
}

}  // namespace copycost
