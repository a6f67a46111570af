// Zero-copy sends through io_uring (IORING_OP_SEND_ZC and its kin, Linux 6.0): a send has two
// completions, its result and, when the kernel needs the buffer no more, a notification, which
// tells whether anything was copied (IORING_SEND_ZC_REPORT_USAGE, Linux 6.2). One send is in flight
// at a time, so that messages keep their order; notifications are as many as the ring has buffers.
#ifndef COPYCOST_AGENT_SEND_MODES_URING_ZERO_COPY_KERNEL_H_
#define COPYCOST_AGENT_SEND_MODES_URING_ZERO_COPY_KERNEL_H_

#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "agent/message_buffers.h"
#include "agent/send_modes/error_queue.h"
#include "agent/uring/uring.h"
#include "common/status.h"

namespace copycost {

// `Operation` has kMode, kName and kLayout as ZeroCopySender wants them, and
//   static absl::Status Register(io_uring& ring, const MessageBuffers& buffers);
//   static void Prepare(io_uring_sqe* entry, int socket, uint32_t buffer, const msghdr& message);
// which leaves the flags of zero-copy sends to this class.
template <typename Operation>
class UringZeroCopy : public Operation {
 public:
  static absl::StatusOr<UringZeroCopy> Create(int socket, const MessageBuffers& buffers,
                                              uint32_t depth) {
    // A result, and a notification for every call that so many buffers may have outstanding.
    ASSIGN_OR_RETURN(Uring ring, Uring::Create({.submissions = 1, .completions = 8 * depth + 8}));
    RETURN_IF_ERROR(Operation::Register(*ring.get(), buffers));
    return UringZeroCopy(std::move(ring), socket);
  }

  ssize_t Send(uint32_t buffer, absl::Span<const iovec> rest) {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(rest.data());  // the kernel only reads it
    message.msg_iovlen = rest.size();
    const uint64_t name = NameOf(next_call_, ++sends_);
    io_uring_sqe* entry = ring_.NextSubmission();
    Operation::Prepare(entry, socket_, buffer, message);
    entry->msg_flags = MSG_NOSIGNAL | MSG_WAITALL;
    entry->ioprio |= kReportUsage;
    entry->user_data = name;
    if (ring_.SubmitAndWait() < 0) return -1;
    const std::optional<Uring::Completion> result = TakeUntil(name, /*notification=*/false);
    if (!result.has_value()) return -1;
    const bool notification_comes = (result->flags & IORING_CQE_F_MORE) != 0;
    if (result->result > 0 && notification_comes) {
      ++next_call_;
      return result->result;
    }
    // The notification of a send that failed comes too (liburing issue 1462); nothing was sent.
    if (notification_comes && !TakeUntil(name, /*notification=*/true).has_value()) return -1;
    errno = result->result < 0 ? ErrnoOf(-result->result) : EPROTO;
    return -1;
  }

  absl::StatusOr<std::optional<ZeroCopyNotification>> Next() {
    if (!early_.empty()) {
      const ZeroCopyNotification notification = early_.back();
      early_.pop_back();
      return notification;
    }
    const std::optional<Uring::Completion> completion = ring_.NextCompletion();
    if (!completion.has_value()) return std::nullopt;
    return NotificationOf(*completion);
  }

  absl::Status Await(absl::Time deadline) {
    if (!early_.empty()) return absl::OkStatus();
    RETURN_IF_ERROR(ring_.Await(deadline));
    if (const auto completion = ring_.NextCompletion()) {
      early_.push_back(NotificationOf(*completion));
      return absl::OkStatus();
    }
    return CheckConnected(socket_);  // of one that is gone nothing comes
  }

  absl::StatusOr<int> OpenCompletionEvents() { return ring_.OpenEvents(); }
  void WatchForCompletions(bool on) { ring_.SignalEvents(on); }

 private:
  // Neither is in Debian 12's liburing.
  static constexpr uint16_t kReportUsage = 1U << 3;  // IORING_SEND_ZC_REPORT_USAGE
  static constexpr uint32_t kCopied = 1U << 31;      // IORING_NOTIF_USAGE_ZC_COPIED

  UringZeroCopy(Uring ring, int socket) : ring_(std::move(ring)), socket_(socket) {}

  static uint64_t NameOf(uint32_t call, uint32_t send) { return uint64_t{send} << 32 | call; }

  // Locked memory is used up in two ways, and told in two.
  static int ErrnoOf(int error) { return error == ENOMEM ? ENOBUFS : error; }

  // Sends that follow each other into the same packet share what is found of its buffers
  // (Linux 6.10, io_link_skb in io_uring/notif.c), so that none is told of exactly.
  static ZeroCopyNotification NotificationOf(const Uring::Completion& completion) {
    const auto call = static_cast<uint32_t>(completion.user_data);
    return {.first = call,
            .last = call,
            .copied = (static_cast<uint32_t>(completion.result) & kCopied) != 0,
            .exact = false};
  }

  // Takes completions until the one that is named; notifications on the way are kept. Nothing, with
  // errno, when it cannot be waited for.
  std::optional<Uring::Completion> TakeUntil(uint64_t name, bool notification) {
    while (true) {
      const std::optional<Uring::Completion> completion = ring_.NextCompletion();
      if (!completion.has_value()) {
        if (ring_.SubmitAndWait() < 0 && errno != EINTR) return std::nullopt;
        continue;
      }
      const bool is_notification = (completion->flags & IORING_CQE_F_NOTIF) != 0;
      if (completion->user_data == name && is_notification == notification) return completion;
      if (is_notification) early_.push_back(NotificationOf(*completion));
    }
  }

  Uring ring_;
  int socket_;
  uint32_t next_call_ = 0;  // that takes bytes
  uint32_t sends_ = 0;      // tried
  std::vector<ZeroCopyNotification> early_;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_SEND_MODES_URING_ZERO_COPY_KERNEL_H_
