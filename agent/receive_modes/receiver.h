// How bytes get from the socket to memory. One small class a mode, called by the flow's data thread
// only; the socket belongs to the caller. shutdown(2) by any thread ends a blocked Receive.
#ifndef COPYCOST_AGENT_RECEIVE_MODES_RECEIVER_H_
#define COPYCOST_AGENT_RECEIVE_MODES_RECEIVER_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/content/content.h"
#include "agent/flow_spec.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

struct Arrival {
  uint64_t bytes = 0;
  bool end_of_stream = false;  // the peer has sent its last byte, and it has been taken
};

class Receiver {
 public:
  virtual ~Receiver() = default;

  // Allocates buffers and sets what the mode needs on the socket. `sink` must outlive this.
  virtual absl::Status Open(const FlowSpec& flow, int socket, Sink& sink) = 0;

  // Blocks until bytes arrive, takes them and gives them to the sink. Unavailable when the
  // connection is gone; what the sink says otherwise.
  virtual absl::StatusOr<Arrival> Receive() = 0;

  // The two of a thread that serves several flows, and must not wait for one of them. As Receive,
  // when the socket is readable or something is pending; comes back with nothing rather than block.
  virtual absl::StatusOr<Arrival> ReceiveReady() { return Receive(); }
  // Whether ReceiveReady has something to look at that the socket does not show: what was taken off
  // it ahead.
  virtual bool pending() const { return false; }

  // What happened to the bytes received since Open.
  virtual v1::Evidence TakeEvidence() = 0;

  // Writes what this object was really opened with into its fields of `applied`.
  virtual void Echo(v1::Workload& applied) const = 0;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_RECEIVE_MODES_RECEIVER_H_
