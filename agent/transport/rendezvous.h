// Brings a trial's flows together: listens and connects at the same time, exchanges preambles, and
// ends with one established, blocking socket for each flow. A connection that does not say the
// right nonce and flow number is closed and disturbs nothing. Of those that have not said it yet,
// as many are held as peers are awaited and kMostStrangers besides; then the oldest goes for the
// newest. Over a network a peer must be where the limits allow it; a local one must be of this
// agent's user.
//
// Each side writes a preamble of 20 bytes, its nonce and the flow number (little-endian), and reads
// the peer's: the connecting side at once, the listening side after it has checked what it read.
// Payload follows at once. Where messages travel as datagrams, two bytes more tell the port of the
// UDP socket that goes with the connection; the flow's socket is that one, and the connection its
// control.
//
//   ASSIGN_OR_RETURN(Rendezvous meeting, Rendezvous::Create(prepare));
//   tell the peers meeting.listening(); learn theirs
//   meeting.Connect(peers);
//   while (!meeting.done()) meeting.Step(deadline, stop_fd);
//   sockets = meeting.TakeSockets();
#ifndef COPYCOST_AGENT_TRANSPORT_RENDEZVOUS_H_
#define COPYCOST_AGENT_TRANSPORT_RENDEZVOUS_H_

#include <poll.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/limits.h"
#include "agent/transport/tcp.h"
#include "common/fd.h"
#include "common/mode_traits.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

class Rendezvous {
 public:
  static constexpr size_t kNonceBytes = 16;
  static constexpr size_t kPreambleBytes = kNonceBytes + sizeof(uint32_t);
  static constexpr size_t kPortBytes = sizeof(uint16_t);
  static constexpr size_t kMostStrangers = 64;

  // Listens if an end of `prepare` does. `prepare` has been validated; `limits` say where peers may
  // be, and outlive this.
  static absl::StatusOr<Rendezvous> Create(const v1::Prepare& prepare, const Limits& limits);

  // 0 when nothing listens, or the transport is local.
  uint16_t port() const { return static_cast<uint16_t>(listening_.port()); }

  // Where peers find what listens.
  const v1::Listening& listening() const { return listening_; }

  // Starts a connection for each end that does not listen. InvalidArgument when `connect` names
  // other flows than those; PermissionDenied for a peer that the limits do not allow.
  absl::Status Connect(const v1::Connect& connect);

  bool done() const { return sockets_.size() == ends_.size(); }

  // Goes on until all flows are met, `deadline` (monotonic) passes, or `stop_fd` becomes readable.
  // Unavailable when a peer cannot be reached or gives a wrong preamble.
  absl::Status Step(absl::Time deadline, int stop_fd);

  // "2 of 8 flows" - for the message when time has run out.
  std::string Missing() const;

  // By flow number. Requires done(). Controls are of datagrams only.
  std::map<uint32_t, UniqueFd> TakeSockets() { return std::move(sockets_); }
  std::map<uint32_t, UniqueFd> TakeControls() { return std::move(controls_); }

 private:
  struct Meeting {
    UniqueFd socket;
    std::optional<uint32_t> flow;  // known from the start where we connect
    bool connecting = false;
    UniqueFd datagrams;  // bound, where it goes with the connection
    std::array<std::byte, kPreambleBytes + kPortBytes> heard{};
    size_t heard_bytes = 0;
    bool over = false;  // met, or closed
  };

  Rendezvous(const v1::Prepare& prepare, const Limits& limits);

  bool local() const { return IsLocal(workload_.transport()); }
  bool datagrams() const { return IsDatagrams(workload_.transport()); }
  size_t preamble_bytes() const { return kPreambleBytes + (datagrams() ? kPortBytes : 0); }

  absl::Status Listen();
  absl::StatusOr<UniqueFd> StartConnect(const v1::Connect::Peer& peer) const;
  absl::Status CheckPeer(int socket) const;
  absl::Status Accept();
  void MakeRoom();
  absl::Status Proceed(Meeting& meeting);
  absl::Status FinishConnecting(Meeting& meeting);
  absl::Status Hear(Meeting& meeting);
  absl::Status Conclude(Meeting& meeting);
  absl::Status SendPreamble(const Meeting& meeting, const v1::FlowEnd& end) const;
  absl::Status JoinDatagrams(Meeting& meeting);
  absl::Status GiveUp(Meeting& meeting, absl::string_view why);

  const Limits* limits_;
  v1::Workload workload_;
  std::string data_address_;
  TcpOptions options_;
  std::map<uint32_t, v1::FlowEnd> ends_;
  UniqueFd listener_;
  UniqueFd place_;  // of a local listener, for peers to find
  v1::Listening listening_;
  std::vector<Meeting> meetings_;
  std::map<uint32_t, UniqueFd> sockets_;
  std::map<uint32_t, UniqueFd> controls_;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_TRANSPORT_RENDEZVOUS_H_
