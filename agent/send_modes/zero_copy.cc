// Zero copies on the way into the kernel: sendmsg(MSG_ZEROCOPY) pins the fields' pages. Messages
// are made in a ring of buffers; a buffer is written again only after the completion of every call
// made from it. Whether the kernel copied after all is read from the notifications.
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <optional>

#include "absl/strings/str_cat.h"
#include "agent/message_buffers.h"
#include "agent/send_modes/completion_ring.h"
#include "agent/send_modes/error_queue.h"
#include "agent/send_modes/iovec_cursor.h"
#include "agent/send_modes/send_modes.h"
#include "agent/transport/tcp.h"
#include "common/clock.h"
#include "common/page_size.h"
#include "common/status.h"

namespace copycost {
namespace {

absl::Status EnableZeroCopy(int socket) {
  const int one = 1;
  if (::setsockopt(socket, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)) == 0)
    return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(ErrnoStatus("setsockopt SO_ZEROCOPY").message(),
                                                    "; it needs Linux 4.14 or later"));
}

class ZeroCopySender final : public Sender {
 public:
  absl::Status Open(const FlowSpec& flow, int socket, Content& content) override {
    if (flow.ring_depth == 0) {
      return absl::InvalidArgumentError(
          "workload.ring_depth: 0 stands for a depth to be resolved before the trial");
    }
    RETURN_IF_ERROR(EnableZeroCopy(socket));
    ASSIGN_OR_RETURN(ring_,
                     MessageBuffers::Create(flow.ring_depth, flow.message_bytes, flow.fields));
    completions_.emplace(flow.ring_depth);
    path_ = flow.path;
    counters_ = &flow.counters;
    socket_ = socket;
    content_ = &content;
    return absl::OkStatus();
  }

  absl::StatusOr<Progress> Send(uint32_t max_messages) override {
    Progress progress;
    while (progress.messages < max_messages) {
      if (!buffer_.has_value() && !BeginMessage()) {
        progress.blocked_on = BlockedOn::kCompletions;
        return progress;
      }
      ASSIGN_OR_RETURN(const bool submitted, ContinueMessage(progress));
      if (!submitted) return progress;
    }
    return progress;
  }

  absl::Status Reap() override {
    while (true) {
      ASSIGN_OR_RETURN(const auto notification, ReadNotification(socket_));
      if (!notification.has_value()) return absl::OkStatus();
      RETURN_IF_ERROR(Account(*notification));
    }
  }

  absl::Status Drain(absl::Time deadline) override {
    RETURN_IF_ERROR(Reap());
    while (completions_->outstanding_calls() > 0) {
      ASSIGN_OR_RETURN(const bool in_time, AwaitNotification(socket_, deadline));
      RETURN_IF_ERROR(Reap());
      if (!in_time && completions_->outstanding_calls() > 0) {
        return absl::DeadlineExceededError(
            absl::StrCat(completions_->outstanding_calls(),
                         " zero-copy sends were never completed: the kernel still owns buffers"));
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<v1::Evidence> TakeEvidence() override {
    evidence_.set_delivery_basis(v1::BASIS_OBSERVED);
    if (path_ == DataPath::kLocalDelivery) RETURN_IF_ERROR(BoundLocalDelivery());
    if (path_ == DataPath::kNoScatterGather) evidence_.set_kernel_copied_bytes(accepted_bytes_);
    return evidence_;
  }

  void Echo(v1::Workload& applied) const override {
    applied.set_send_mode(v1::SEND_MODE_ZERO_COPY);
    applied.set_message_bytes(ring_->message_bytes());
    applied.set_fields(ring_->fields());
    applied.set_ring_depth(ring_->count());
  }

 private:
  // False when every buffer is still the kernel's.
  bool BeginMessage() {
    if (!completions_->CanTake()) return false;
    buffer_ = completions_->Take();
    content_->Fill(messages_++, ring_->Fields(*buffer_));
    cursor_.Assign(ring_->Iovecs(*buffer_), ring_->message_bytes());
    return true;
  }

  // Sends what is left of the message. False when it must wait for completions first.
  absl::StatusOr<bool> ContinueMessage(Progress& progress) {
    while (!cursor_.done()) {
      if (!completions_->CanSend()) {
        progress.blocked_on = BlockedOn::kCompletions;
        return false;
      }
      const msghdr header = cursor_.Header();
      const ssize_t accepted =
          counters_->Call([&] { return ::sendmsg(socket_, &header, MSG_ZEROCOPY | MSG_NOSIGNAL); });
      if (accepted < 0 && errno == EINTR) continue;
      if (accepted < 0) {
        RETURN_IF_ERROR(Refused(errno));
        progress.blocked_on = BlockedOn::kCompletions;
        return false;
      }
      completions_->Sent(*buffer_, static_cast<uint64_t>(accepted));
      cursor_.Advance(static_cast<size_t>(accepted));
      accepted_bytes_ += static_cast<uint64_t>(accepted);
      evidence_.set_zero_copy_sends(evidence_.zero_copy_sends() + 1);
    }
    completions_->Submitted(*buffer_);
    buffer_.reset();
    progress.bytes += ring_->message_bytes();
    ++progress.messages;
    return true;
  }

  // OK when the send is worth another try after completions.
  absl::Status Refused(int error) {
    if (error != ENOBUFS) return ErrnoStatus(error, "sendmsg MSG_ZEROCOPY");
    evidence_.set_buffer_waits(evidence_.buffer_waits() + 1);
    if (completions_->outstanding_calls() > 0) return absl::OkStatus();
    return absl::FailedPreconditionError(absl::StrCat(
        "sendmsg MSG_ZEROCOPY: no buffer space for a single send of ", ring_->message_bytes(),
        " bytes; raise locked memory (ulimit -l) or net.core.optmem_max"));
  }

  absl::Status Account(const ZeroCopyNotification& notification) {
    ASSIGN_OR_RETURN(const CompletionRing::Completed completed,
                     completions_->Complete(notification.first, notification.last));
    evidence_.set_zero_copy_completions(evidence_.zero_copy_completions() + completed.calls);
    if (notification.copied) {
      evidence_.set_zero_copy_copied(evidence_.zero_copy_copied() + completed.calls);
    }
    if (!notification.copied) uncopied_bytes_ += completed.bytes;
    if (path_ == DataPath::kScatterGather) AddDeliveryBounds(notification, completed);
    return absl::OkStatus();
  }

  // A local peer's receive path copies every byte once, and may do so again for what was sent
  // again. Notifications that say nothing was copied would contradict that (the pair may lead
  // elsewhere): then they count, and only what they do not speak for is taken as copied.
  absl::Status BoundLocalDelivery() {
    ASSIGN_OR_RETURN(const TcpState tcp, ReadTcpState(socket_));
    if (uncopied_bytes_ == 0) evidence_.set_delivery_basis(v1::BASIS_BY_CONSTRUCTION);
    evidence_.set_delivery_copied_low_bytes(accepted_bytes_ - uncopied_bytes_);
    evidence_.set_delivery_copied_high_bytes(accepted_bytes_ + tcp.retransmitted_bytes);
    return absl::OkStatus();
  }

  // What a notification says of copies on the way: nothing was copied if it covers one send and is
  // not marked; at least a byte if it is; anything for a merged range, since merging compares the
  // numbers only and keeps the first code (net/core/skbuff.c, skb_zerocopy_notify_extend).
  void AddDeliveryBounds(const ZeroCopyNotification& notification,
                         const CompletionRing::Completed& completed) {
    const bool merged = notification.first != notification.last;
    const uint64_t low = !merged && notification.copied ? 1 : 0;
    const uint64_t high = merged || notification.copied ? completed.bytes : 0;
    evidence_.set_delivery_copied_low_bytes(evidence_.delivery_copied_low_bytes() + low);
    evidence_.set_delivery_copied_high_bytes(evidence_.delivery_copied_high_bytes() + high);
  }

  std::optional<MessageBuffers> ring_;
  std::optional<CompletionRing> completions_;
  std::optional<uint32_t> buffer_;  // of the message being sent
  IovecCursor cursor_;              // what is left of it
  DataPath path_ = DataPath::kScatterGather;
  FlowCounters* counters_ = nullptr;
  Content* content_ = nullptr;
  int socket_ = -1;
  uint64_t messages_ = 0;
  uint64_t accepted_bytes_ = 0;
  uint64_t uncopied_bytes_ = 0;  // in notifications that were not marked as copied
  v1::Evidence evidence_;
};

}  // namespace

std::unique_ptr<Sender> MakeZeroCopySender() { return std::make_unique<ZeroCopySender>(); }

// One send of a page over loopback, and its completion.
absl::Status ProbeZeroCopy() {
  ASSIGN_OR_RETURN(const TcpPair pair, ConnectLoopbackPair());
  FlowCounters counters;
  ASSIGN_OR_RETURN(const std::unique_ptr<Content> content, MakeContent(v1::TOUCH_NONE, 0));
  ZeroCopySender sender;
  RETURN_IF_ERROR(sender.Open({.message_bytes = PageBytes(),
                               .fields = 1,
                               .ring_depth = 1,
                               .path = DataPath::kLocalDelivery,
                               .counters = counters},
                              pair.client.get(), *content));
  RETURN_IF_ERROR(sender.Send(1).status());
  return sender.Drain(absl::FromUnixNanos(MonotonicNanos()) + absl::Seconds(1));
}

}  // namespace copycost
