// Copy one: memcpy of the fields into a staging buffer, for every message, and more than once where
// that is asked for. Copy two: send() of that buffer, in the kernel.
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "absl/base/attributes.h"
#include "agent/message_buffers.h"
#include "agent/send_modes/send_modes.h"
#include "common/status.h"

namespace copycost {
namespace {

ABSL_ATTRIBUTE_NOINLINE void CopyFields(Fields fields, std::byte* staging) {
  for (const absl::Span<std::byte> field : fields) {
    std::memcpy(staging, field.data(), field.size());
    staging += field.size();
  }
}

// A symbol of its own, so that a profile tells staging from touching. memcpy makes no frame, so
// that whoever calls it is not seen by what follows frame pointers: this one, its caller, is.
ABSL_ATTRIBUTE_NOINLINE void StageMessage(Fields fields, std::byte* staging) {
  CopyFields(fields, staging);
  ABSL_BLOCK_TAIL_CALL_OPTIMIZATION();
}

class TwoCopySender final : public Sender {
 public:
  absl::Status Open(const FlowSpec& flow, int socket, Content& content) override {
    constexpr auto kLayout = MessageBuffers::Layout::kSeparate;
    ASSIGN_OR_RETURN(
        source_, MessageBuffers::Create(1, flow.message_bytes, flow.fields, kLayout, flow.memory));
    ASSIGN_OR_RETURN(
        staging_, MessageBuffers::Create(1, flow.message_bytes, 1, kLayout, flow.memory.OfOne()));
    counters_ = &flow.counters;
    socket_ = socket;
    content_ = &content;
    copies_ = 1 + flow.extra_copies;
    return absl::OkStatus();
  }

  absl::StatusOr<Progress> Send(uint32_t max_messages) override {
    Progress progress;
    while (progress.messages < max_messages) {
      const Fields fields = source_->Fields(slot_);
      slot_ = source_->After(slot_);
      content_->Fill(messages_++, fields);
      const absl::Span<std::byte> staging = staging_->Fields(0)[0];
      counters_->CopyMessage(copies_, [&] {
        for (uint32_t copy = 0; copy < copies_; ++copy) StageMessage(fields, staging.data());
      });
      staged_bytes_ += copies_ * staging.size();
      RETURN_IF_ERROR(SendAll(staging));
      progress.bytes += staging.size();
      ++progress.messages;
    }
    return progress;
  }

  absl::StatusOr<v1::Evidence> TakeEvidence() override {
    v1::Evidence evidence;
    evidence.set_staged_bytes(staged_bytes_);
    evidence.set_kernel_copied_bytes(accepted_bytes_);
    return evidence;
  }

  void Echo(v1::Workload& applied) const override {
    applied.set_send_mode(v1::SEND_MODE_TWO_COPY);
    applied.set_extra_copies(copies_ - 1);
    source_->Echo(applied);
    applied.set_fields(source_->fields());
  }

 private:
  absl::Status SendAll(absl::Span<const std::byte> staged) {
    while (!staged.empty()) {
      const ssize_t accepted = counters_->Call(
          [&] { return ::send(socket_, staged.data(), staged.size(), MSG_NOSIGNAL); });
      if (accepted < 0 && errno == EINTR) continue;
      if (accepted < 0) return ErrnoStatus("send");
      staged.remove_prefix(static_cast<size_t>(accepted));
      accepted_bytes_ += static_cast<uint64_t>(accepted);
    }
    return absl::OkStatus();
  }

  std::optional<MessageBuffers> source_;
  std::optional<MessageBuffers> staging_;
  FlowCounters* counters_ = nullptr;
  Content* content_ = nullptr;
  int socket_ = -1;
  uint32_t slot_ = 0;  // of the next message
  uint64_t messages_ = 0;
  uint32_t copies_ = 1;  // of each message, before it is sent
  uint64_t staged_bytes_ = 0;
  uint64_t accepted_bytes_ = 0;
};

}  // namespace

std::unique_ptr<Sender> MakeTwoCopySender() { return std::make_unique<TwoCopySender>(); }

}  // namespace copycost
