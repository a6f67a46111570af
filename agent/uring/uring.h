// An io_uring of one thread: made, used and waited on by it alone (IORING_SETUP_SINGLE_ISSUER),
// with completions delivered when it asks for them (IORING_SETUP_DEFER_TASKRUN). For modes; thin on
// purpose: what is submitted, and what comes of it, is the mode's affair.
//
//   ASSIGN_OR_RETURN(Uring ring, Uring::Create({.submissions = 1, .completions = 64}));
//   io_uring_prep_send(ring.NextSubmission(), socket, data, bytes, flags);
//   RETURN_IF_ERROR(...ring.SubmitAndWait()...);
//   while (const auto completion = ring.NextCompletion()) ...
#ifndef COPYCOST_AGENT_URING_URING_H_
#define COPYCOST_AGENT_URING_URING_H_

#include <liburing.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/fd.h"

namespace copycost {

class Uring {
 public:
  struct Sizes {
    uint32_t submissions;           // that are prepared before they are submitted
    uint32_t completions;           // that may come before they are taken
    bool wide_completions = false;  // IORING_SETUP_CQE32
  };

  struct Completion {
    uint64_t user_data;
    int32_t result;  // negative: an errno
    uint32_t flags;  // IORING_CQE_F_...
  };

  // FailedPrecondition names what would enable it: io_uring may be old, switched off, or forbidden.
  // ResourceExhausted when there is no memory for it.
  static absl::StatusOr<Uring> Create(Sizes sizes);

  io_uring* get() { return ring_.get(); }

  // Cleared, to be prepared. As many as `submissions` before each submission.
  io_uring_sqe* NextSubmission() { return io_uring_get_sqe(ring_.get()); }

  // Submits what is prepared and waits for a completion. As io_uring_submit_and_wait(3): how many
  // were submitted, or -1 with errno.
  int SubmitAndWait();

  // Likewise, but takes only what has come.
  int SubmitWithoutWaiting();

  // Waits for a completion until `deadline` (monotonic).
  absl::Status Await(absl::Time deadline);

  // The next completion that has come, or may come without waiting.
  std::optional<Completion> NextCompletion();

  // Whether one lies in the ring: NextCompletion then does without a system call.
  bool HasCompletion() const { return io_uring_cq_ready(ring_.get()) > 0; }

  // For a thread that waits for other things besides: a descriptor that shows an edge (EPOLLET)
  // when something comes while SignalEvents is on; it is off at first. This owns it.
  absl::StatusOr<int> OpenEvents();
  void SignalEvents(bool on);

 private:
  struct Exit {
    void operator()(io_uring* ring) const;
  };

  Uring() = default;

  UniqueFd events_;
  std::unique_ptr<io_uring, Exit> ring_;
};

// A ring, made and given up. As Create.
absl::Status ProbeUring();

}  // namespace copycost

#endif  // COPYCOST_AGENT_URING_URING_H_
