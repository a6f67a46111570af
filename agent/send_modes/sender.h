// How bytes get from memory to the socket. One small class a mode; modes only move bytes: patterns
// own timing, waiting and stop.
//
//   Sender sender = ...;                        // from send_modes.h
//   sender.Open(flow, socket, content);
//   while (...) {
//     progress = sender.Send(1);                // blocks in the kernel while the socket is full
//     if (progress.blocked_on == BlockedOn::kCompletions) {
//       sender.AwaitCompletions(deadline);
//       sender.Reap();
//     }
//   }
//   sender.Drain(deadline);
//   evidence = sender.TakeEvidence();
//
// Everything is called by the flow's data thread. The socket is a connected, blocking one, stays
// open until TakeEvidence and belongs to the caller; shutdown(2) by any thread ends a blocked Send.
#ifndef COPYCOST_AGENT_SEND_MODES_SENDER_H_
#define COPYCOST_AGENT_SEND_MODES_SENDER_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/content/content.h"
#include "agent/flow_spec.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

enum class BlockedOn {
  kNothing,
  kCompletions,  // every buffer is still the kernel's
};

struct Progress {
  uint32_t messages = 0;  // submitted whole
  uint64_t bytes = 0;     // accepted by the kernel
  BlockedOn blocked_on = BlockedOn::kNothing;
};

class Sender {
 public:
  virtual ~Sender() = default;

  // Allocates buffers and sets what the mode needs on the socket. `content` must outlive this.
  // FailedPrecondition names a missing kernel feature and what would enable it.
  virtual absl::Status Open(const FlowSpec& flow, int socket, Content& content) = 0;

  // Submits up to `max_messages`, each with all its bytes. Unavailable when the connection is gone.
  virtual absl::StatusOr<Progress> Send(uint32_t max_messages) = 0;

  // Sends whose buffers the kernel still owns.
  virtual uint32_t outstanding() const { return 0; }

  // Waits until a completion may have come, or `deadline` on the monotonic clock (common/clock.h);
  // with nothing outstanding it may return at once. Unavailable when the connection is gone.
  virtual absl::Status AwaitCompletions(absl::Time /*deadline*/) { return absl::OkStatus(); }

  // Takes completions, if any have come; never blocks.
  virtual absl::Status Reap() { return absl::OkStatus(); }

  // The two of a thread that serves several flows, and waits for the completions of all of them at
  // once (epoll). A descriptor that shows an edge (EPOLLET) when one may have come while they are
  // watched for, which they are not at first; -1 where the socket shows them itself (EPOLLERR).
  // After Open, once; it belongs to this.
  virtual absl::StatusOr<int> OpenCompletionEvents() { return -1; }
  // What came before is not shown any more.
  virtual void WatchForCompletions(bool /*on*/) {}

  // Waits until the kernel owns none of our buffers. DeadlineExceeded tells how many sends it still
  // owns.
  absl::Status Drain(absl::Time deadline);

  // What happened to the bytes sent since Open. After the peer has acknowledged all of them.
  virtual absl::StatusOr<v1::Evidence> TakeEvidence() = 0;

  // Writes what this object was really opened with into its fields of `applied`.
  virtual void Echo(v1::Workload& applied) const = 0;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_SEND_MODES_SENDER_H_
