// vmsplice() of the fields into a pipe, then splice() from the pipe to the socket: the socket's
// queue refers to the pages of the fields themselves. Nothing tells when it no longer does, so that
// a message that changes is made in fresh pages (agent/fresh_memory.h); one that does not is sent
// from the same pages again and again.
#include <fcntl.h>
#include <sys/uio.h>

#include "agent/fresh_memory.h"
#include "agent/send_modes/send_modes.h"
#include "agent/send_modes/spliced_sender.h"

namespace copycost {
namespace {

class LentToPipe {
 public:
  static constexpr v1::SendMode kMode = v1::SEND_MODE_VMSPLICE;
  static constexpr absl::string_view kName = "vmsplice";
  static constexpr bool kCopies = false;

  static absl::StatusOr<LentToPipe> Create(uint64_t message_bytes, uint32_t fields,
                                           const MessageMemory& asked) {
    ASSIGN_OR_RETURN(FreshMemory memory, FreshMemory::Create(message_bytes, fields, asked));
    return LentToPipe(std::move(memory));
  }

  absl::Status Next(bool changes) {
    if (changes) return memory_.Next();
    memory_.NextUnchanged();
    return absl::OkStatus();
  }
  void Echo(v1::Workload& applied) const { memory_.Echo(applied); }
  absl::Span<const absl::Span<std::byte>> fields() const { return memory_.fields(); }
  absl::Span<const iovec> iovecs() const { return memory_.iovecs(); }
  uint64_t message_bytes() const { return memory_.message_bytes(); }

  static ssize_t FillPipe(int pipe, absl::Span<const iovec> fields) {
    return ::vmsplice(pipe, fields.data(), fields.size(), SPLICE_F_NONBLOCK);
  }

 private:
  explicit LentToPipe(FreshMemory memory) : memory_(std::move(memory)) {}

  FreshMemory memory_;
};

}  // namespace

std::unique_ptr<Sender> MakeVmspliceSender() {
  return std::make_unique<SplicedSender<LentToPipe>>();
}

}  // namespace copycost
