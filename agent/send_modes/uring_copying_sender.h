// A sender that submits each message to an io_uring as one send that copies, and waits for its
// result: one send in flight, so that messages keep their order. Modes of this kind differ in the
// operation.
#ifndef COPYCOST_AGENT_SEND_MODES_URING_COPYING_SENDER_H_
#define COPYCOST_AGENT_SEND_MODES_URING_COPYING_SENDER_H_

#include <sys/socket.h>

#include <memory>
#include <optional>

#include "absl/strings/string_view.h"
#include "agent/message_buffers.h"
#include "agent/send_modes/iovec_cursor.h"
#include "agent/send_modes/sender.h"
#include "agent/transport/tcp.h"
#include "agent/uring/uring.h"
#include "common/page_size.h"
#include "common/status.h"

namespace copycost {

// `Operation` has:
//   static constexpr v1::SendMode kMode;
//   static constexpr absl::string_view kName;  // for its failures
//   static constexpr MessageBuffers::Layout kLayout;
//   static void Prepare(io_uring_sqe* entry, int socket, const msghdr& message);  // but its flags
template <typename Operation>
class UringCopyingSender final : public Sender {
 public:
  absl::Status Open(const FlowSpec& flow, int socket, Content& content) override {
    ASSIGN_OR_RETURN(source_, MessageBuffers::Create(1, flow.message_bytes, flow.fields,
                                                     Operation::kLayout, flow.memory));
    ASSIGN_OR_RETURN(ring_, Uring::Create({.submissions = 1, .completions = 2}));
    counters_ = &flow.counters;
    socket_ = socket;
    content_ = &content;
    return absl::OkStatus();
  }

  absl::StatusOr<Progress> Send(uint32_t max_messages) override {
    Progress progress;
    while (progress.messages < max_messages) {
      content_->Fill(messages_++, source_->Fields(slot_));
      RETURN_IF_ERROR(SendMessage());
      slot_ = source_->After(slot_);
      progress.bytes += source_->message_bytes();
      ++progress.messages;
    }
    return progress;
  }

  absl::StatusOr<v1::Evidence> TakeEvidence() override { return evidence_; }

  void Echo(v1::Workload& applied) const override {
    applied.set_send_mode(Operation::kMode);
    source_->Echo(applied);
    applied.set_fields(source_->fields());
  }

 private:
  absl::Status SendMessage() {
    cursor_.Assign(source_->Iovecs(slot_), source_->message_bytes());
    while (!cursor_.done()) {
      const msghdr message = HeaderOf(cursor_.rest());
      const int accepted = counters_->Call([&] { return SendPart(message); });
      if (accepted == -EINTR) continue;
      if (accepted < 0) return ErrnoStatus(-accepted, Operation::kName);
      cursor_.Advance(static_cast<size_t>(accepted));
      evidence_.set_kernel_copied_bytes(evidence_.kernel_copied_bytes() +
                                        static_cast<uint64_t>(accepted));
    }
    return absl::OkStatus();
  }

  // Bytes taken, or a negative errno.
  int SendPart(const msghdr& message) {
    io_uring_sqe* entry = ring_->NextSubmission();
    Operation::Prepare(entry, socket_, message);
    entry->msg_flags = MSG_NOSIGNAL | MSG_WAITALL;
    while (true) {
      if (ring_->SubmitAndWait() < 0 && errno != EINTR) return -errno;
      if (const auto completion = ring_->NextCompletion()) return completion->result;
    }
  }

  std::optional<MessageBuffers> source_;
  std::optional<Uring> ring_;
  IovecCursor cursor_;
  FlowCounters* counters_ = nullptr;
  Content* content_ = nullptr;
  int socket_ = -1;
  uint32_t slot_ = 0;  // of the message being sent
  uint64_t messages_ = 0;
  v1::Evidence evidence_;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_SEND_MODES_URING_COPYING_SENDER_H_
