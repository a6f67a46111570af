// A sender that puts each message into a pipe and splices it from there to the socket, which takes
// references to the pipe's pages: nothing is copied on that way. Modes of this kind differ in how
// the message gets into the pipe. There is no completion; each keeps what was sent as it was.
#ifndef COPYCOST_AGENT_SEND_MODES_SPLICED_SENDER_H_
#define COPYCOST_AGENT_SEND_MODES_SPLICED_SENDER_H_

#include <fcntl.h>
#include <sys/types.h>

#include <cerrno>
#include <optional>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "agent/message_memory.h"
#include "agent/pipe.h"
#include "agent/send_modes/iovec_cursor.h"
#include "agent/send_modes/sender.h"
#include "common/status.h"

namespace copycost {

// `Source` has:
//   static constexpr v1::SendMode kMode;
//   static constexpr absl::string_view kName;  // of the system call that fills the pipe
//   static absl::StatusOr<Source> Create(uint64_t message_bytes, uint32_t fields,
//                                        const MessageMemory& memory);
//   absl::Status Next(bool changes);           // memory for another message, which changes or not
//   fields(), iovecs(), message_bytes();       // of the present one
//   void Echo(v1::Workload& applied) const;    // of its memory
//   static ssize_t FillPipe(int pipe, absl::Span<const iovec> fields);
//   static constexpr bool kCopies;             // whether that copies the bytes
template <typename Source>
class SplicedSender final : public Sender {
 public:
  absl::Status Open(const FlowSpec& flow, int socket, Content& content) override {
    ASSIGN_OR_RETURN(source_, Source::Create(flow.message_bytes, flow.fields, flow.memory));
    RETURN_IF_ERROR(source_->Next(/*changes=*/true));
    ASSIGN_OR_RETURN(pipe_, Pipe::Create(flow.message_bytes, flow.fields));
    RETURN_IF_ERROR(pipe_.MakeWriteNonBlocking());
    path_ = flow.path;
    counters_ = &flow.counters;
    socket_ = socket;
    content_ = &content;
    return absl::OkStatus();
  }

  absl::StatusOr<Progress> Send(uint32_t max_messages) override {
    Progress progress;
    while (progress.messages < max_messages) {
      if (messages_ > 0) RETURN_IF_ERROR(source_->Next(content_->changes()));
      content_->Fill(messages_++, source_->fields());
      RETURN_IF_ERROR(SendMessage());
      progress.bytes += source_->message_bytes();
      ++progress.messages;
    }
    return progress;
  }

  absl::StatusOr<v1::Evidence> TakeEvidence() override {
    v1::Evidence evidence;
    uint64_t copied = Source::kCopies ? accepted_bytes_ : 0;
    // Without scatter-gather the socket copies what it is given pages of (tcp_sendmsg_locked, and
    // sock_no_sendpage before Linux 6.5).
    if (path_ == DataPath::kNoScatterGather) copied += accepted_bytes_;
    evidence.set_kernel_copied_bytes(copied);
    return evidence;
  }

  void Echo(v1::Workload& applied) const override {
    applied.set_send_mode(Source::kMode);
    source_->Echo(applied);
    applied.set_fields(static_cast<uint32_t>(source_->fields().size()));
  }

 private:
  // As much at a time as the pipe holds.
  absl::Status SendMessage() {
    cursor_.Assign(source_->iovecs(), source_->message_bytes());
    while (!cursor_.done()) {
      const ssize_t filled = Source::FillPipe(pipe_.write.get(), cursor_.rest());
      if (filled < 0 && errno == EINTR) continue;
      if (filled < 0) return ErrnoStatus(Source::kName);
      cursor_.Advance(static_cast<size_t>(filled));
      RETURN_IF_ERROR(EmptyPipe(static_cast<size_t>(filled)));
    }
    return absl::OkStatus();
  }

  absl::Status EmptyPipe(size_t bytes) {
    const unsigned more = cursor_.done() ? 0 : SPLICE_F_MORE;
    while (bytes > 0) {
      const ssize_t accepted = counters_->Call([&] {
        return ::splice(pipe_.read.get(), nullptr, socket_, nullptr, bytes, SPLICE_F_MOVE | more);
      });
      if (accepted < 0 && errno == EINTR) continue;
      if (accepted < 0) return ErrnoStatus("splice");
      if (accepted == 0) return absl::InternalError("splice: the pipe held less than was put in");
      bytes -= static_cast<size_t>(accepted);
      accepted_bytes_ += static_cast<uint64_t>(accepted);
    }
    return absl::OkStatus();
  }

  std::optional<Source> source_;
  Pipe pipe_;
  IovecCursor cursor_;
  DataPath path_ = DataPath::kScatterGather;
  FlowCounters* counters_ = nullptr;
  Content* content_ = nullptr;
  int socket_ = -1;
  uint64_t messages_ = 0;
  uint64_t accepted_bytes_ = 0;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_SEND_MODES_SPLICED_SENDER_H_
