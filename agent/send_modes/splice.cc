// writev() into a pipe, then splice() from the pipe to the socket. The write copies the fields into
// pages of the pipe's own, which are nobody else's: the fields may be written again at once.
#include <sys/uio.h>

#include "agent/message_buffers.h"
#include "agent/send_modes/send_modes.h"
#include "agent/send_modes/spliced_sender.h"

namespace copycost {
namespace {

class WrittenIntoPipe {
 public:
  static constexpr v1::SendMode kMode = v1::SEND_MODE_SPLICE;
  static constexpr absl::string_view kName = "writev to a pipe";
  static constexpr bool kCopies = true;

  static absl::StatusOr<WrittenIntoPipe> Create(uint64_t message_bytes, uint32_t fields,
                                                const MessageMemory& memory) {
    ASSIGN_OR_RETURN(MessageBuffers buffers,
                     MessageBuffers::Create(1, message_bytes, fields,
                                            MessageBuffers::Layout::kSeparate, memory));
    return WrittenIntoPipe(std::move(buffers));
  }

  absl::Status Next(bool /*changes*/) {
    slot_ = buffers_.After(slot_);
    return absl::OkStatus();
  }
  absl::Span<const absl::Span<std::byte>> fields() const { return buffers_.Fields(slot_); }
  absl::Span<const iovec> iovecs() const { return buffers_.Iovecs(slot_); }
  void Echo(v1::Workload& applied) const { buffers_.Echo(applied); }
  uint64_t message_bytes() const { return buffers_.message_bytes(); }

  static ssize_t FillPipe(int pipe, absl::Span<const iovec> fields) {
    return ::writev(pipe, fields.data(), static_cast<int>(fields.size()));
  }

 private:
  explicit WrittenIntoPipe(MessageBuffers buffers)
      : buffers_(std::move(buffers)), slot_(buffers_.count() - 1) {}

  MessageBuffers buffers_;
  uint32_t slot_;  // before the first message: the last
};

}  // namespace

std::unique_ptr<Sender> MakeSpliceSender() {
  return std::make_unique<SplicedSender<WrittenIntoPipe>>();
}

}  // namespace copycost
