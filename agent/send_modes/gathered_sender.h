// A sender that gives the fields of each message to one gathering system call, which copies them
// into the kernel. Modes of this kind differ in the call alone; one that takes a part of a message
// is called again with the rest.
#ifndef COPYCOST_AGENT_SEND_MODES_GATHERED_SENDER_H_
#define COPYCOST_AGENT_SEND_MODES_GATHERED_SENDER_H_

#include <sys/types.h>

#include <cerrno>
#include <optional>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "agent/message_buffers.h"
#include "agent/send_modes/iovec_cursor.h"
#include "agent/send_modes/sender.h"
#include "common/status.h"

namespace copycost {

// `Call` has:
//   static constexpr v1::SendMode kMode;
//   static constexpr absl::string_view kName;  // of the system call, for its failures
//   static ssize_t Send(int socket, absl::Span<const iovec> fields);  // as sendmsg(2) returns
template <typename Call>
class GatheredSender final : public Sender {
 public:
  absl::Status Open(const FlowSpec& flow, int socket, Content& content) override {
    ASSIGN_OR_RETURN(source_,
                     MessageBuffers::Create(1, flow.message_bytes, flow.fields,
                                            MessageBuffers::Layout::kSeparate, flow.memory));
    counters_ = &flow.counters;
    socket_ = socket;
    content_ = &content;
    return absl::OkStatus();
  }

  absl::StatusOr<Progress> Send(uint32_t max_messages) override {
    Progress progress;
    while (progress.messages < max_messages) {
      content_->Fill(messages_++, source_->Fields(slot_));
      RETURN_IF_ERROR(SendGathered());
      slot_ = source_->After(slot_);
      progress.bytes += source_->message_bytes();
      ++progress.messages;
    }
    return progress;
  }

  absl::StatusOr<v1::Evidence> TakeEvidence() override {
    v1::Evidence evidence;
    evidence.set_kernel_copied_bytes(accepted_bytes_);
    return evidence;
  }

  void Echo(v1::Workload& applied) const override {
    applied.set_send_mode(Call::kMode);
    source_->Echo(applied);
    applied.set_fields(source_->fields());
  }

 private:
  absl::Status SendGathered() {
    cursor_.Assign(source_->Iovecs(slot_), source_->message_bytes());
    while (!cursor_.done()) {
      const ssize_t accepted = counters_->Call([&] { return Call::Send(socket_, cursor_.rest()); });
      if (accepted < 0 && errno == EINTR) continue;
      if (accepted < 0) return ErrnoStatus(Call::kName);
      cursor_.Advance(static_cast<size_t>(accepted));
      accepted_bytes_ += static_cast<uint64_t>(accepted);
    }
    return absl::OkStatus();
  }

  std::optional<MessageBuffers> source_;
  IovecCursor cursor_;
  FlowCounters* counters_ = nullptr;
  Content* content_ = nullptr;
  int socket_ = -1;
  uint32_t slot_ = 0;  // of the message being sent
  uint64_t messages_ = 0;
  uint64_t accepted_bytes_ = 0;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_SEND_MODES_GATHERED_SENDER_H_
