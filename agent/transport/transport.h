// How bytes travel: what a data thread does with a flow's socket apart from sending and receiving.
// One small class a transport, without state; the rendezvous has brought the ends together before.
#ifndef COPYCOST_AGENT_TRANSPORT_TRANSPORT_H_
#define COPYCOST_AGENT_TRANSPORT_TRANSPORT_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "agent/flow_spec.h"
#include "agent/transport/socket_pair.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

// Of one end of a flow. `control` is the connection over which the ends met, where the transport
// keeps it; -1 elsewhere.
struct FlowSockets {
  int data;
  int control = -1;
};

class Transport {
 public:
  virtual v1::Transport kind() const = 0;

  // Two ends on this host, by which modes are tried. FailedPrecondition tells the kernel's reason
  // and what would enable the transport.
  virtual absl::StatusOr<SocketPair> ConnectPair() const = 0;

  // Sets on an established socket what `workload` asks for, and tells into `applied` what carries
  // it. `end` is this one, with its nonces. Before modes are opened.
  virtual absl::Status Open(int socket, const v1::Workload& workload, const v1::FlowEnd& end,
                            v1::AppliedEnd& applied) const = 0;

  // What the two ends say to each other over the opened socket before anything else; blocks for the
  // other.
  virtual absl::Status Greet(int /*socket*/, const v1::Workload& /*workload*/,
                             const v1::FlowEnd& /*end*/) const {
    return absl::OkStatus();
  }

  // Whether the kernel encrypts what is sent: what lies in a socket's queue is not the payload
  // then.
  virtual bool encrypts() const { return false; }

  // What lies between the socket and its peer. `applied` is as Open told it.
  virtual DataPath PathOf(const v1::AppliedEnd& applied, bool peer_on_same_host) const = 0;

  // What the kernel says of an established socket that was opened with what was `asked`.
  virtual absl::Status Echo(int socket, const v1::Workload& asked, v1::Workload& told,
                            v1::AppliedEnd& applied) const = 0;

  // Ends a flow: the end that began tells that no more comes, and waits until the other has said
  // the same, having taken everything that arrives. DeadlineExceeded at `deadline` (monotonic).
  virtual absl::Status EndSending(const FlowSockets& sockets, absl::Time deadline) const;
  virtual absl::Status EndReceiving(const FlowSockets& sockets) const;

  // Ends the flow at once, from any thread: whoever is blocked in a call on its sockets, or in a
  // ring that has one, comes back soon.
  virtual void Abort(const FlowSockets& sockets) const;

  // What the kernel counted, once the flow has ended.
  virtual absl::Status Tell(int socket, v1::FlowResult& result) const = 0;

  // What TCP says of the socket now; absent where the transport is none. Any thread.
  virtual absl::StatusOr<std::optional<v1::TcpReading>> ReadTcp(int /*socket*/) const {
    return std::nullopt;
  }

 protected:
  virtual ~Transport() = default;
};

// All there are, TCP first.
absl::Span<const Transport* const> Transports();

// InvalidArgument for one that this agent does not know.
absl::StatusOr<const Transport*> FindTransport(v1::Transport kind);

}  // namespace copycost

#endif  // COPYCOST_AGENT_TRANSPORT_TRANSPORT_H_
