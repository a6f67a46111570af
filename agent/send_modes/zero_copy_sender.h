// A sender whose buffers the kernel reads after the call has returned: messages are made in a ring
// of buffers, and a buffer is written again only after the completion of every call made from it. A
// working set makes the ring larger, but no more of it the kernel's at once.
// Whether the kernel copied after all is read from the completions. Modes of this kind differ in
// how a send is asked for, and how completions come.
#ifndef COPYCOST_AGENT_SEND_MODES_ZERO_COPY_SENDER_H_
#define COPYCOST_AGENT_SEND_MODES_ZERO_COPY_SENDER_H_

#include <sys/types.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "agent/content/content.h"
#include "agent/message_buffers.h"
#include "agent/send_modes/completion_ring.h"
#include "agent/send_modes/error_queue.h"
#include "agent/send_modes/iovec_cursor.h"
#include "agent/send_modes/sender.h"
#include "agent/send_modes/zero_copy_evidence.h"
#include "agent/transport/tcp.h"
#include "common/clock.h"
#include "common/page_size.h"
#include "common/status.h"

namespace copycost {

// `Kernel` has:
//   static constexpr v1::SendMode kMode;
//   static constexpr absl::string_view kName;   // of the call, for its failures
//   static constexpr absl::string_view kNeeds;  // the oldest kernel that knows it
//   static constexpr MessageBuffers::Layout kLayout;
//
//   // Of the ring, which outlives the kernel, so many buffers at most are sent from at once.
//   static absl::StatusOr<Kernel> Create(int socket, const MessageBuffers& ring, uint32_t depth);
//
//   // As sendmsg(2) returns. The calls that took bytes are numbered from 0.
//   ssize_t Send(uint32_t buffer, absl::Span<const iovec> rest);
//
//   // Without blocking; and until that may have one.
//   absl::StatusOr<std::optional<ZeroCopyNotification>> Next();
//   absl::Status Await(absl::Time deadline);
//
//   // As in Sender.
//   absl::StatusOr<int> OpenCompletionEvents();
//   void WatchForCompletions(bool on);
template <typename Kernel>
class ZeroCopySender final : public Sender {
 public:
  absl::Status Open(const FlowSpec& flow, int socket, Content& content) override {
    if (flow.ring_depth == 0) {
      return absl::InvalidArgumentError(
          "workload.ring_depth: 0 stands for a depth to be resolved before the trial");
    }
    ASSIGN_OR_RETURN(ring_, MessageBuffers::Create(flow.ring_depth, flow.message_bytes, flow.fields,
                                                   Kernel::kLayout, flow.memory));
    ASSIGN_OR_RETURN(Kernel kernel, Kernel::Create(socket, *ring_, flow.ring_depth));
    kernel_.emplace(std::move(kernel));
    completions_.emplace(
        CompletionRing::Options{.buffers = ring_->count(), .most_taken = flow.ring_depth});
    evidence_.emplace(flow.path);
    counters_ = &flow.counters;
    reuse_ = flow.reuse;
    socket_ = socket;
    content_ = &content;
    return absl::OkStatus();
  }

  absl::StatusOr<Progress> Send(uint32_t max_messages) override {
    Progress progress;
    if (reuse_ != nullptr && reuse_->running()) RETURN_IF_ERROR(Reap());
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
      ASSIGN_OR_RETURN(const auto notification, kernel_->Next());
      if (!notification.has_value()) return absl::OkStatus();
      RETURN_IF_ERROR(Account(*notification));
    }
  }

  uint32_t outstanding() const override { return completions_->outstanding_calls(); }

  absl::Status AwaitCompletions(absl::Time deadline) override { return kernel_->Await(deadline); }

  absl::StatusOr<int> OpenCompletionEvents() override { return kernel_->OpenCompletionEvents(); }
  void WatchForCompletions(bool on) override { kernel_->WatchForCompletions(on); }

  absl::StatusOr<v1::Evidence> TakeEvidence() override { return evidence_->Take(socket_); }

  void Echo(v1::Workload& applied) const override {
    applied.set_send_mode(Kernel::kMode);
    ring_->Echo(applied);
    applied.set_fields(ring_->fields());
    applied.set_ring_depth(completions_->most_taken());
  }

 private:
  // False when every buffer is still the kernel's.
  bool BeginMessage() {
    if (!completions_->CanTake()) return false;
    buffer_ = completions_->Take();
    content_->Fill(messages_++, ring_->Fields(*buffer_));
    cursor_.Assign(ring_->Iovecs(*buffer_), ring_->message_bytes());
    if (reuse_ != nullptr) reuse_->Begin(*buffer_);
    return true;
  }

  // Sends what is left of the message. False when it must wait for completions first.
  absl::StatusOr<bool> ContinueMessage(Progress& progress) {
    while (!cursor_.done()) {
      if (!completions_->CanSend()) {
        progress.blocked_on = BlockedOn::kCompletions;
        return false;
      }
      const ssize_t accepted =
          counters_->Call([&] { return kernel_->Send(*buffer_, cursor_.rest()); });
      if (accepted < 0 && errno == EINTR) continue;
      if (accepted < 0) {
        RETURN_IF_ERROR(Refused(errno));
        progress.blocked_on = BlockedOn::kCompletions;
        return false;
      }
      completions_->Sent(*buffer_, static_cast<uint64_t>(accepted));
      cursor_.Advance(static_cast<size_t>(accepted));
      evidence_->Sent(static_cast<uint64_t>(accepted));
    }
    completions_->Submitted(*buffer_);
    buffer_.reset();
    progress.bytes += ring_->message_bytes();
    ++progress.messages;
    return true;
  }

  // OK when the send is worth another try after completions.
  absl::Status Refused(int error) {
    if (error != ENOBUFS) return ErrnoStatus(error, Kernel::kName);
    evidence_->Waited();
    if (completions_->outstanding_calls() > 0) return absl::OkStatus();
    return absl::ResourceExhaustedError(absl::StrCat(
        Kernel::kName, ": no buffer space for a single send of ", ring_->message_bytes(),
        " bytes; raise locked memory (ulimit -l) or net.core.optmem_max"));
  }

  absl::Status Account(const ZeroCopyNotification& notification) {
    ASSIGN_OR_RETURN(const CompletionRing::Completed completed,
                     completions_->Complete(notification.first, notification.last));
    evidence_->Completed({.sends = completed.calls,
                          .bytes = completed.bytes,
                          .copied = notification.copied,
                          .exact = notification.exact});
    if (reuse_ != nullptr && reuse_->running() && completions_->IsComplete(reuse_->buffer())) {
      reuse_->End();
    }
    return absl::OkStatus();
  }

  std::optional<MessageBuffers> ring_;
  std::optional<Kernel> kernel_;
  std::optional<CompletionRing> completions_;
  std::optional<uint32_t> buffer_;  // of the message being sent
  IovecCursor cursor_;              // what is left of it
  std::optional<ZeroCopyEvidence> evidence_;
  FlowCounters* counters_ = nullptr;
  ReuseTimer* reuse_ = nullptr;
  Content* content_ = nullptr;
  int socket_ = -1;
  uint64_t messages_ = 0;
};

// One send of a page over loopback, and its completion. FailedPrecondition when the kernel refuses;
// ResourceExhausted when it has no memory for it now.
template <typename Kernel>
absl::Status ProbeZeroCopyKernel() {
  ASSIGN_OR_RETURN(const SocketPair pair, ConnectLoopbackPair());
  FlowCounters counters;
  ASSIGN_OR_RETURN(const std::unique_ptr<Content> content, MakeContent(v1::TOUCH_NONE, 0));
  ZeroCopySender<Kernel> sender;
  RETURN_IF_ERROR(sender.Open({.message_bytes = PageBytes(),
                               .fields = 1,
                               .ring_depth = 1,
                               .path = DataPath::kLocalDelivery,
                               .counters = counters},
                              pair.client.get(), *content));
  const absl::StatusOr<Progress> sent = sender.Send(1);
  const bool told =
      absl::IsFailedPrecondition(sent.status()) || absl::IsResourceExhausted(sent.status());
  if (told) return sent.status();  // says what it needs
  if (!sent.ok()) {
    return absl::FailedPreconditionError(
        absl::StrCat(sent.status().message(), "; it needs ", Kernel::kNeeds, " or later"));
  }
  return sender.Drain(MonotonicTime() + absl::Seconds(1));
}

}  // namespace copycost

#endif  // COPYCOST_AGENT_SEND_MODES_ZERO_COPY_SENDER_H_
