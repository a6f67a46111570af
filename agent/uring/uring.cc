#include "agent/uring/uring.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "absl/strings/str_cat.h"
#include "common/clock.h"
#include "common/status.h"

namespace copycost {
namespace {

absl::Status Unavailable(int error) {
  const absl::Status status = ErrnoStatus(error, "io_uring_setup");
  switch (error) {
    case ENOMEM:
      return absl::ResourceExhaustedError(
          absl::StrCat(status.message(),
                       "; the user's locked memory is used up (ulimit -l), or the host or this "
                       "cgroup is out of memory"));
    case EPERM:
      return absl::FailedPreconditionError(absl::StrCat(
          status.message(),
          "; it is switched off: sysctl kernel.io_uring_disabled=0, or the container's "
          "seccomp profile forbids it"));
    default:
      return absl::FailedPreconditionError(
          absl::StrCat(status.message(),
                       "; it needs Linux 6.1 or later (SINGLE_ISSUER, "
                       "DEFER_TASKRUN)"));
  }
}

}  // namespace

absl::StatusOr<Uring> Uring::Create(Sizes sizes) {
  io_uring_params params{};
  params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE |
                 IORING_SETUP_CLAMP | IORING_SETUP_TASKRUN_FLAG;
  if (sizes.wide_completions) params.flags |= IORING_SETUP_CQE32;
  params.cq_entries = sizes.completions;
  auto ring = std::make_unique<io_uring>();
  const int error = io_uring_queue_init_params(sizes.submissions, ring.get(), &params);
  if (error != 0) return Unavailable(-error);
  Uring made;
  made.ring_.reset(ring.release());
  return made;
}

void Uring::Exit::operator()(io_uring* ring) const {
  io_uring_queue_exit(ring);
  delete ring;
}

int Uring::SubmitAndWait() {
  const int submitted = io_uring_submit_and_wait(ring_.get(), 1);
  if (submitted >= 0) return submitted;
  errno = -submitted;
  return -1;
}

int Uring::SubmitWithoutWaiting() {
  const int submitted = io_uring_submit_and_get_events(ring_.get());
  if (submitted >= 0) return submitted;
  errno = -submitted;
  return -1;
}

absl::Status Uring::Await(absl::Time deadline) {
  const absl::Duration left = deadline - MonotonicTime();
  if (left <= absl::ZeroDuration()) return absl::OkStatus();
  const timespec time = absl::ToTimespec(std::min(left, absl::Hours(1)));  // the kernel adds to it
  __kernel_timespec timeout{.tv_sec = time.tv_sec, .tv_nsec = time.tv_nsec};
  io_uring_cqe* completion = nullptr;
  const int error = io_uring_wait_cqe_timeout(ring_.get(), &completion, &timeout);
  if (error == 0 || error == -ETIME || error == -EINTR) return absl::OkStatus();
  return ErrnoStatus(-error, "io_uring_enter");
}

std::optional<Uring::Completion> Uring::NextCompletion() {
  io_uring_cqe* entry = nullptr;
  if (io_uring_peek_cqe(ring_.get(), &entry) != 0) return std::nullopt;
  const Completion completion = {
      .user_data = entry->user_data, .result = entry->res, .flags = entry->flags};
  io_uring_cqe_seen(ring_.get(), entry);
  return completion;
}

// The descriptor of the ring itself would not do: completions that wait to be delivered
// (IORING_SETUP_DEFER_TASKRUN) wake nobody who polls it.
absl::StatusOr<int> Uring::OpenEvents() {
  events_ = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!events_.valid()) return ErrnoStatus("eventfd");
  const int error = io_uring_register_eventfd(ring_.get(), events_.get());
  if (error != 0) return ErrnoStatus(-error, "io_uring_register_eventfd");
  SignalEvents(false);
  return events_.get();
}

// A flag in memory shared with the kernel; without it each send would signal.
void Uring::SignalEvents(bool on) {
  io_uring_cq_eventfd_toggle(ring_.get(), on);
#ifndef __SANITIZE_THREAD__  // which knows no fences
  // The kernel sees the flag before the caller looks whether something has come already.
  std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
}

absl::Status ProbeUring() { return Uring::Create({.submissions = 1, .completions = 1}).status(); }

}  // namespace copycost
