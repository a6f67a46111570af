#include "agent/transport/rendezvous.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "agent/transport/inet_socket.h"
#include "agent/transport/udp.h"
#include "agent/transport/unix_socket.h"
#include "common/clock.h"
#include "common/little_endian.h"
#include "common/status.h"

namespace copycost {
namespace {

int PollTimeout(absl::Time deadline) {
  const absl::Duration left = deadline - MonotonicTime();
  return static_cast<int>(
      std::clamp<int64_t>(absl::ToInt64Milliseconds(left + absl::Microseconds(999)), 0, 60'000));
}

}  // namespace

Rendezvous::Rendezvous(const v1::Prepare& prepare, const Limits& limits)
    : limits_(&limits), workload_(prepare.workload()), data_address_(prepare.data_address()) {
  // Those of datagrams are their own socket's.
  if (!datagrams()) options_ = TcpOptionsOf(workload_);
  for (const v1::FlowEnd& end : prepare.ends()) ends_.emplace(end.flow(), end);
}

absl::StatusOr<Rendezvous> Rendezvous::Create(const v1::Prepare& prepare, const Limits& limits) {
  Rendezvous rendezvous(prepare, limits);
  const bool listens = std::any_of(prepare.ends().begin(), prepare.ends().end(),
                                   [](const v1::FlowEnd& end) { return end.listens(); });
  if (listens) RETURN_IF_ERROR(rendezvous.Listen());
  return rendezvous;
}

absl::Status Rendezvous::Listen() {
  if (local()) {
    ASSIGN_OR_RETURN(UnixListener listener, ListenUnix());
    listener_ = std::move(listener.socket);
    place_ = std::move(listener.place);
    listening_.set_process(listener.address.process);
    listening_.set_file_descriptor(listener.address.descriptor);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(listener_, ListenTcp(data_address_, options_));
  ASSIGN_OR_RETURN(const uint16_t port, LocalPort(listener_.get()));
  listening_.set_port(port);
  return absl::OkStatus();
}

absl::StatusOr<UniqueFd> Rendezvous::StartConnect(const v1::Connect::Peer& peer) const {
  if (local()) {
    return StartUnixConnect({.process = peer.process(), .descriptor = peer.file_descriptor()});
  }
  RETURN_IF_ERROR(CheckPeerAddress(*limits_, peer.address()));
  return StartTcpConnect(data_address_, peer.address(), static_cast<uint16_t>(peer.port()),
                         options_);
}

absl::Status Rendezvous::CheckPeer(int socket) const {
  if (local()) return CheckPeerUser(socket);
  ASSIGN_OR_RETURN(const std::string peer, PeerAddress(socket));
  return CheckPeerAddress(*limits_, peer);
}

absl::Status Rendezvous::Connect(const v1::Connect& connect) {
  size_t expected = 0;
  for (const auto& [flow, end] : ends_) expected += end.listens() ? 0 : 1;
  if (static_cast<size_t>(connect.peers_size()) != expected) {
    return absl::InvalidArgumentError(absl::StrCat("connect.peers: ", connect.peers_size(),
                                                   " given, ", expected, " ends connect"));
  }
  for (const v1::Connect::Peer& peer : connect.peers()) {
    const auto end = ends_.find(peer.flow());
    const bool known = end != ends_.end() && !end->second.listens();
    const bool twice = std::any_of(meetings_.begin(), meetings_.end(),
                                   [&](const Meeting& m) { return m.flow == peer.flow(); });
    const bool has_port = peer.port() > 0 && peer.port() <= 65535;
    const bool placed = local() ? peer.process() > 0 && peer.port() == 0 : has_port;
    if (!known || twice || !placed) {
      return absl::InvalidArgumentError(
          absl::StrCat("connect.peers: flow ", peer.flow(), " port ", peer.port(),
                       " is not a flow that this agent connects, or is named twice"));
    }
    Meeting meeting;
    absl::StatusOr<UniqueFd> socket = StartConnect(peer);
    if (!socket.ok()) return Annotate(socket.status(), "connect.peers");
    meeting.socket = *std::move(socket);
    if (datagrams()) {
      ASSIGN_OR_RETURN(meeting.datagrams, BindUdp(data_address_, workload_));
    }
    meeting.flow = peer.flow();
    meeting.connecting = true;
    meetings_.push_back(std::move(meeting));
  }
  return absl::OkStatus();
}

absl::Status Rendezvous::Step(absl::Time deadline, int stop_fd) {
  while (!done()) {
    std::vector<pollfd> entries = {{.fd = stop_fd, .events = POLLIN, .revents = 0},
                                   {.fd = listener_.get(), .events = POLLIN, .revents = 0}};
    for (const Meeting& meeting : meetings_) {
      const short events = meeting.connecting ? POLLOUT : POLLIN;
      entries.push_back({.fd = meeting.socket.get(), .events = events, .revents = 0});
    }
    const int timeout = PollTimeout(deadline);
    const int ready = ::poll(entries.data(), entries.size(), timeout);
    if (ready < 0 && errno != EINTR) return ErrnoStatus("poll");
    // Past the deadline strangers that keep coming are not waited for.
    if (ready == 0 || timeout == 0) return absl::OkStatus();
    if (entries[0].revents != 0) return absl::CancelledError("stopped while connecting");
    for (size_t i = 2; i < entries.size(); ++i) {
      if (entries[i].revents != 0) RETURN_IF_ERROR(Proceed(meetings_[i - 2]));
    }
    std::erase_if(meetings_, [](const Meeting& meeting) { return meeting.over; });
    if (entries[1].revents != 0) RETURN_IF_ERROR(Accept());
  }
  listener_.Reset();
  place_.Reset();
  meetings_.clear();
  return absl::OkStatus();
}

absl::Status Rendezvous::Accept() {
  Meeting meeting;
  meeting.socket.Reset(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!meeting.socket.valid()) {
    // A connection that went away before it was accepted is the peer's affair.
    const absl::Status status = ErrnoStatus("accept");
    return absl::IsResourceExhausted(status) ? status : absl::OkStatus();
  }
  MakeRoom();
  meetings_.push_back(std::move(meeting));
  return absl::OkStatus();
}

// Peers may all have connected before the first of them says its preamble, so they are counted in.
void Rendezvous::MakeRoom() {
  const auto unproven = [](const Meeting& meeting) { return !meeting.flow.has_value(); };
  const auto held =
      static_cast<size_t>(std::count_if(meetings_.begin(), meetings_.end(), unproven));
  const auto awaited =
      static_cast<size_t>(std::count_if(ends_.begin(), ends_.end(), [this](const auto& entry) {
        return entry.second.listens() && !sockets_.contains(entry.first);
      }));
  if (held < awaited + kMostStrangers) return;
  // In the order they came.
  meetings_.erase(std::find_if(meetings_.begin(), meetings_.end(), unproven));
}

absl::Status Rendezvous::Proceed(Meeting& meeting) {
  return meeting.connecting ? FinishConnecting(meeting) : Hear(meeting);
}

absl::Status Rendezvous::FinishConnecting(Meeting& meeting) {
  int error = 0;
  socklen_t size = sizeof(error);
  ::getsockopt(meeting.socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return GiveUp(meeting, ErrnoStatus(error, "connect").message());
  meeting.connecting = false;
  return SendPreamble(meeting, ends_.at(*meeting.flow));
}

absl::Status Rendezvous::SendPreamble(const Meeting& meeting, const v1::FlowEnd& end) const {
  std::array<std::byte, kPreambleBytes + kPortBytes> preamble;
  std::memcpy(preamble.data(), end.nonce().data(), kNonceBytes);
  StoreLittleEndian(end.flow(), absl::MakeSpan(preamble).subspan(kNonceBytes, sizeof(uint32_t)));
  if (datagrams()) {
    ASSIGN_OR_RETURN(const uint16_t port, LocalPort(meeting.datagrams.get()));
    StoreLittleEndian(port, absl::MakeSpan(preamble).subspan(kPreambleBytes));
  }
  // A new connection's send buffer always has room for this.
  const ssize_t sent =
      ::send(meeting.socket.get(), preamble.data(), preamble_bytes(), MSG_NOSIGNAL);
  if (sent == static_cast<ssize_t>(preamble_bytes())) return absl::OkStatus();
  return sent < 0 ? ErrnoStatus("send preamble") : absl::UnavailableError("preamble cut short");
}

absl::Status Rendezvous::Hear(Meeting& meeting) {
  const ssize_t heard = ::recv(meeting.socket.get(), meeting.heard.data() + meeting.heard_bytes,
                               preamble_bytes() - meeting.heard_bytes, 0);
  if (heard < 0 && (errno == EAGAIN || errno == EINTR)) return absl::OkStatus();
  if (heard <= 0) return GiveUp(meeting, "closed before its preamble");
  meeting.heard_bytes += static_cast<size_t>(heard);
  if (meeting.heard_bytes < preamble_bytes()) return absl::OkStatus();
  return Conclude(meeting);
}

absl::Status Rendezvous::Conclude(Meeting& meeting) {
  const auto flow = static_cast<uint32_t>(
      LoadLittleEndian(absl::MakeSpan(meeting.heard).subspan(kNonceBytes, sizeof(uint32_t))));
  const auto end = ends_.find(flow);
  const bool ours =
      end != ends_.end() && meeting.flow.value_or(flow) == flow &&
      end->second.listens() != meeting.flow.has_value() && !sockets_.contains(flow) &&
      std::memcmp(meeting.heard.data(), end->second.peer_nonce().data(), kNonceBytes) == 0;
  if (!ours) return GiveUp(meeting, "wrong preamble");
  RETURN_IF_ERROR(Annotate(CheckPeer(meeting.socket.get()), absl::StrCat("flow ", flow)));
  if (datagrams()) RETURN_IF_ERROR(JoinDatagrams(meeting));
  if (end->second.listens()) RETURN_IF_ERROR(SendPreamble(meeting, end->second));
  RETURN_IF_ERROR(MakeBlocking(meeting.socket.get()));
  if (datagrams()) {
    controls_.emplace(flow, std::move(meeting.socket));
    meeting.socket = std::move(meeting.datagrams);
  }
  sockets_.emplace(flow, std::move(meeting.socket));
  meeting.over = true;
  return absl::OkStatus();
}

// Ties the UDP socket to the peer's, whose port has just been heard.
absl::Status Rendezvous::JoinDatagrams(Meeting& meeting) {
  if (!meeting.datagrams.valid()) {
    ASSIGN_OR_RETURN(meeting.datagrams, BindUdp(data_address_, workload_));
  }
  const uint64_t port = LoadLittleEndian(absl::MakeSpan(meeting.heard).subspan(kPreambleBytes));
  ASSIGN_OR_RETURN(const std::string peer, PeerAddress(meeting.socket.get()));
  RETURN_IF_ERROR(ConnectUdp(meeting.datagrams.get(), peer, static_cast<uint16_t>(port)));
  // Words over the control are short, and each is waited for.
  return SetNodelay(meeting.socket.get(), true);
}

// A stranger is let go without a word; a peer we went to ourselves must answer rightly.
absl::Status Rendezvous::GiveUp(Meeting& meeting, absl::string_view why) {
  meeting.over = true;
  if (!meeting.flow.has_value()) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("flow ", *meeting.flow, ": ", why));
}

std::string Rendezvous::Missing() const {
  return absl::StrCat(ends_.size() - sockets_.size(), " of ", ends_.size(), " flows");
}

}  // namespace copycost
