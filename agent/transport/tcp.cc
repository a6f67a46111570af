#include "agent/transport/tcp.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/transport/inet_socket.h"
#include "common/clock.h"
#include "common/status.h"

namespace copycost {
namespace {

constexpr absl::Duration kLoopbackLimit = absl::Seconds(1);

absl::Status SetCongestion(int socket, const std::string& congestion) {
  if (congestion.empty()) return absl::OkStatus();
  if (::setsockopt(socket, IPPROTO_TCP, TCP_CONGESTION, congestion.data(), congestion.size()) ==
      0) {
    return absl::OkStatus();
  }
  const int error = errno;
  const std::string remedy = error == EPERM
                                 ? "add it to net.ipv4.tcp_allowed_congestion_control"
                                 : absl::StrCat("load it (modprobe tcp_", congestion, ")");
  return absl::FailedPreconditionError(absl::StrCat(
      ErrnoStatus(error, absl::StrCat("setsockopt TCP_CONGESTION ", congestion)).message(), "; ",
      remedy, " or choose one of /proc/sys/net/ipv4/tcp_allowed_congestion_control"));
}

absl::Status SetMss(int socket, uint32_t bytes) {
  if (bytes == 0 || SetIntOption(socket, IPPROTO_TCP, TCP_MAXSEG, bytes)) return absl::OkStatus();
  return ErrnoStatus(absl::StrCat("setsockopt TCP_MAXSEG ", bytes));
}

absl::StatusOr<UniqueFd> MakeSocket(const SocketAddress& address, const TcpOptions& options) {
  UniqueFd socket(
      ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return ErrnoStatus("socket");
  RETURN_IF_ERROR(SetCongestion(socket.get(), options.congestion));
  RETURN_IF_ERROR(
      SetBuffers(socket.get(), options.send_buffer_bytes, options.receive_buffer_bytes));
  RETURN_IF_ERROR(SetMss(socket.get(), options.mss_bytes));
  return socket;
}

// 0: not bounded.
absl::StatusOr<uint64_t> PacingOf(int socket) {
  constexpr uint64_t kUnbounded = ~uint64_t{0};
  uint64_t bytes_per_s = 0;
  socklen_t size = sizeof(bytes_per_s);
  if (::getsockopt(socket, SOL_SOCKET, SO_MAX_PACING_RATE, &bytes_per_s, &size) != 0) {
    return ErrnoStatus("getsockopt SO_MAX_PACING_RATE");
  }
  if (size != sizeof(bytes_per_s)) {
    return absl::FailedPreconditionError(
        "SO_MAX_PACING_RATE is told in 32 bits only; it needs Linux 4.20 or later");
  }
  return bytes_per_s == kUnbounded ? 0 : 8 * bytes_per_s;
}

absl::Status EchoMss(int socket, uint32_t asked, v1::Workload& workload, v1::AppliedEnd& end) {
  ASSIGN_OR_RETURN(const uint32_t used, IntOption(socket, IPPROTO_TCP, TCP_MAXSEG, "TCP_MAXSEG"));
  end.set_mss_bytes(used);
  if (asked == 0) return absl::OkStatus();
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) {
    return ErrnoStatus("getsockopt TCP_INFO");
  }
  // The kernel tells it without the timestamps, where these are in use.
  constexpr uint32_t kTimestamps = 12;  // TCPOLEN_TSTAMP_ALIGNED
  const bool stamped = (info.tcpi_options & TCPI_OPT_TIMESTAMPS) != 0;
  const uint32_t mss = info.tcpi_advmss + (stamped ? kTimestamps : 0);
  workload.set_mss_bytes(mss);
  if (mss == asked) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("TCP_MAXSEG: segments of ", asked,
                                                    " bytes were asked for, this path carries ",
                                                    mss, "; ask for less, or raise --mtu"));
}

}  // namespace

TcpOptions TcpOptionsOf(const v1::Workload& workload) {
  return {.congestion = workload.congestion(),
          .send_buffer_bytes = workload.send_buffer_bytes(),
          .receive_buffer_bytes = workload.receive_buffer_bytes(),
          .mss_bytes = workload.mss_bytes()};
}

absl::StatusOr<UniqueFd> ListenTcp(absl::string_view address, const TcpOptions& options) {
  ASSIGN_OR_RETURN(const SocketAddress local, ParseAddress(address, 0));
  ASSIGN_OR_RETURN(UniqueFd socket, MakeSocket(local, options));
  if (::bind(socket.get(), local.get(), local.size) != 0) {
    return ErrnoStatus(absl::StrCat("bind ", address));
  }
  if (::listen(socket.get(), SOMAXCONN) != 0) return ErrnoStatus("listen");
  return socket;
}

absl::StatusOr<UniqueFd> StartTcpConnect(absl::string_view local, absl::string_view address,
                                         uint16_t port, const TcpOptions& options) {
  ASSIGN_OR_RETURN(const SocketAddress from, ParseAddress(local, 0));
  ASSIGN_OR_RETURN(const SocketAddress to, ParseAddress(address, port));
  ASSIGN_OR_RETURN(UniqueFd socket, MakeSocket(to, options));
  if (::bind(socket.get(), from.get(), from.size) != 0) {
    return ErrnoStatus(absl::StrCat("bind ", local));
  }
  if (::connect(socket.get(), to.get(), to.size) != 0 && errno != EINPROGRESS) {
    return ErrnoStatus(absl::StrCat("connect ", address, " port ", port));
  }
  return socket;
}

absl::StatusOr<UniqueFd> AcceptTcpFrom(int listener, uint16_t peer_port, absl::Time deadline) {
  while (true) {
    const absl::Duration left = deadline - MonotonicTime();
    if (left <= absl::ZeroDuration()) {
      return absl::DeadlineExceededError(
          absl::StrCat("accept: no connection from port ", peer_port, " came in time"));
    }
    pollfd entry{.fd = listener, .events = POLLIN, .revents = 0};
    const timespec timeout = absl::ToTimespec(left);
    if (::ppoll(&entry, 1, &timeout, nullptr) < 0 && errno != EINTR) return ErrnoStatus("poll");
    SocketAddress peer;
    peer.size = sizeof(peer.storage);
    UniqueFd socket(::accept4(listener, reinterpret_cast<sockaddr*>(&peer.storage), &peer.size,
                              SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket.valid() && PortOf(peer) == peer_port) return socket;
    // One that is gone before it was accepted is no more than a stranger.
    if (!socket.valid() && errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
      return ErrnoStatus("accept");
    }
  }
}

absl::Status PaceTcp(int socket, uint64_t bits_per_s) {
  if (bits_per_s == 0)
    return absl::OkStatus();  // so a new socket is; TCP then paces by itself only
  const uint64_t bytes_per_s = bits_per_s / 8;
  if (::setsockopt(socket, SOL_SOCKET, SO_MAX_PACING_RATE, &bytes_per_s, sizeof(bytes_per_s)) ==
      0) {
    return absl::OkStatus();
  }
  return ErrnoStatus("setsockopt SO_MAX_PACING_RATE");
}

absl::Status SetNodelay(int socket, bool on) {
  if (SetIntOption(socket, IPPROTO_TCP, TCP_NODELAY, on ? 1 : 0)) return absl::OkStatus();
  return ErrnoStatus("setsockopt TCP_NODELAY");
}

absl::Status EchoTcp(int socket, uint32_t asked_mss_bytes, v1::Workload& workload,
                     v1::AppliedEnd& end) {
  char congestion[16] = {};  // TCP_CA_NAME_MAX
  socklen_t size = sizeof(congestion);
  if (::getsockopt(socket, IPPROTO_TCP, TCP_CONGESTION, congestion, &size) != 0) {
    return ErrnoStatus("getsockopt TCP_CONGESTION");
  }
  RETURN_IF_ERROR(EchoInetSocket(socket, workload, end));
  RETURN_IF_ERROR(EchoMss(socket, asked_mss_bytes, workload, end));
  ASSIGN_OR_RETURN(const uint32_t nodelay,
                   IntOption(socket, IPPROTO_TCP, TCP_NODELAY, "TCP_NODELAY"));
  workload.set_nodelay(nodelay != 0 ? v1::NODELAY_ON : v1::NODELAY_OFF);
  workload.set_transport(v1::TRANSPORT_TCP);
  ASSIGN_OR_RETURN(const uint64_t pacing, PacingOf(socket));
  workload.set_pacing_bits_per_s(pacing);
  workload.set_congestion(std::string(congestion, ::strnlen(congestion, sizeof(congestion))));
  return absl::OkStatus();
}

absl::StatusOr<v1::TcpReading> ReadTcp(int socket) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) {
    return ErrnoStatus("getsockopt TCP_INFO");
  }
  v1::TcpReading reading;
  reading.set_at_ns(MonotonicNanos());
  if (size < offsetof(tcp_info, tcpi_bytes_retrans) + sizeof(info.tcpi_bytes_retrans)) {
    return absl::FailedPreconditionError(
        "TCP_INFO tells no retransmitted bytes; it needs Linux 4.19 or later");
  }
  constexpr int64_t kMicrosecond = 1000;
  reading.set_busy_ns(static_cast<int64_t>(info.tcpi_busy_time) * kMicrosecond);
  reading.set_receive_window_limited_ns(static_cast<int64_t>(info.tcpi_rwnd_limited) *
                                        kMicrosecond);
  reading.set_send_buffer_limited_ns(static_cast<int64_t>(info.tcpi_sndbuf_limited) * kMicrosecond);
  reading.set_sent_segments(info.tcpi_data_segs_out);
  reading.set_retransmitted_segments(info.tcpi_total_retrans);
  reading.set_retransmitted_bytes(info.tcpi_bytes_retrans);
  reading.set_acked_bytes(info.tcpi_bytes_acked);
  reading.set_received_bytes(info.tcpi_bytes_received);
  reading.set_rtt_us(info.tcpi_rtt);
  if (info.tcpi_min_rtt != ~0U) reading.set_min_rtt_us(info.tcpi_min_rtt);
  reading.set_mss_bytes(info.tcpi_snd_mss);
  reading.set_congestion_window_segments(info.tcpi_snd_cwnd);
  reading.set_unacked_segments(info.tcpi_unacked);
  reading.set_unsent_bytes(info.tcpi_notsent_bytes);
  reading.set_delivery_bytes_per_s(info.tcpi_delivery_rate);
  reading.set_delivery_application_limited(info.tcpi_delivery_rate_app_limited != 0);
  constexpr uint64_t kUnpaced = ~uint64_t{0};
  if (info.tcpi_pacing_rate != kUnpaced) reading.set_pacing_bytes_per_s(info.tcpi_pacing_rate);
  if (size >= offsetof(tcp_info, tcpi_snd_wnd) + sizeof(info.tcpi_snd_wnd)) {
    reading.set_peer_window_bytes(info.tcpi_snd_wnd);
  }
  ASSIGN_OR_RETURN(const uint32_t buffer, IntOption(socket, SOL_SOCKET, SO_SNDBUF, "SO_SNDBUF"));
  reading.set_send_buffer_bytes(buffer);
  return reading;
}

absl::StatusOr<uint64_t> RetransmittedBytes(int socket) {
  ASSIGN_OR_RETURN(const uint32_t protocol,
                   IntOption(socket, SOL_SOCKET, SO_PROTOCOL, "SO_PROTOCOL"));
  if (protocol != IPPROTO_TCP) return 0;
  ASSIGN_OR_RETURN(const v1::TcpReading tcp, ReadTcp(socket));
  return tcp.retransmitted_bytes();
}

absl::Status EndStream(int socket, absl::Time deadline) {
  if (::shutdown(socket, SHUT_WR) != 0) return ErrnoStatus("shutdown");
  while (true) {
    const absl::Duration left = deadline - MonotonicTime();
    if (left <= absl::ZeroDuration()) {
      return absl::DeadlineExceededError("the peer did not take the end of the stream in time");
    }
    pollfd entry{.fd = socket, .events = POLLIN, .revents = 0};
    const timespec timeout = absl::ToTimespec(left);
    if (::ppoll(&entry, 1, &timeout, nullptr) < 0 && errno != EINTR) return ErrnoStatus("poll");
    if ((entry.revents & (POLLIN | POLLHUP)) == 0) continue;
    char byte;
    const ssize_t got = ::recv(socket, &byte, sizeof(byte), MSG_DONTWAIT);
    if (got == 0) return absl::OkStatus();
    if (got > 0) return absl::DataLossError("the receiver has sent payload");
    if (errno != EAGAIN && errno != EINTR) return ErrnoStatus("recv");
  }
}

absl::StatusOr<SocketPair> ConnectLoopbackPair() {
  ASSIGN_OR_RETURN(const UniqueFd listener, ListenTcp("127.0.0.1", {}));
  ASSIGN_OR_RETURN(const uint16_t port, LocalPort(listener.get()));
  SocketPair pair;
  ASSIGN_OR_RETURN(pair.client, StartTcpConnect("127.0.0.1", "127.0.0.1", port, {}));
  ASSIGN_OR_RETURN(const uint16_t client_port, LocalPort(pair.client.get()));
  ASSIGN_OR_RETURN(pair.server,
                   AcceptTcpFrom(listener.get(), client_port, MonotonicTime() + kLoopbackLimit));
  RETURN_IF_ERROR(MakeBlocking(pair.client.get()));
  RETURN_IF_ERROR(MakeBlocking(pair.server.get()));
  return pair;
}

}  // namespace copycost
