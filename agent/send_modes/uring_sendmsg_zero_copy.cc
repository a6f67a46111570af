// IORING_OP_SENDMSG_ZC (Linux 6.1) of an iovec of the fields: their pages are pinned for each send.
#include "agent/send_modes/send_modes.h"
#include "agent/send_modes/uring_zero_copy_kernel.h"
#include "agent/send_modes/zero_copy_sender.h"

namespace copycost {
namespace {

struct SendmsgZeroCopy {
  static constexpr v1::SendMode kMode = v1::SEND_MODE_URING_SENDMSG_ZERO_COPY;
  static constexpr absl::string_view kName = "IORING_OP_SENDMSG_ZC";
  static constexpr absl::string_view kNeeds = "Linux 6.2";
  static constexpr MessageBuffers::Layout kLayout = MessageBuffers::Layout::kSeparate;

  static absl::Status Register(io_uring& /*ring*/, const MessageBuffers& /*buffers*/) {
    return absl::OkStatus();
  }

  static void Prepare(io_uring_sqe* entry, int socket, uint32_t /*buffer*/, const msghdr& message) {
    io_uring_prep_sendmsg_zc(entry, socket, &message, 0);
  }
};

using SendmsgKernel = UringZeroCopy<SendmsgZeroCopy>;

}  // namespace

std::unique_ptr<Sender> MakeUringSendmsgZeroCopySender() {
  return std::make_unique<ZeroCopySender<SendmsgKernel>>();
}

absl::Status ProbeUringSendmsgZeroCopy() { return ProbeZeroCopyKernel<SendmsgKernel>(); }

}  // namespace copycost
