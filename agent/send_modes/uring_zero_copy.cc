// IORING_OP_SEND_ZC of one buffer: its pages are pinned for each send.
#include "agent/send_modes/send_modes.h"
#include "agent/send_modes/uring_zero_copy_kernel.h"
#include "agent/send_modes/zero_copy_sender.h"

namespace copycost {
namespace {

struct SendZeroCopy {
  static constexpr v1::SendMode kMode = v1::SEND_MODE_URING_ZERO_COPY;
  static constexpr absl::string_view kName = "IORING_OP_SEND_ZC";
  static constexpr absl::string_view kNeeds = "Linux 6.2";
  static constexpr MessageBuffers::Layout kLayout = MessageBuffers::Layout::kTogether;

  static absl::Status Register(io_uring& /*ring*/, const MessageBuffers& /*buffers*/) {
    return absl::OkStatus();
  }

  static void Prepare(io_uring_sqe* entry, int socket, uint32_t /*buffer*/, const msghdr& message) {
    io_uring_prep_send_zc(entry, socket, message.msg_iov->iov_base, message.msg_iov->iov_len, 0, 0);
  }
};

using SendKernel = UringZeroCopy<SendZeroCopy>;

}  // namespace

std::unique_ptr<Sender> MakeUringZeroCopySender() {
  return std::make_unique<ZeroCopySender<SendKernel>>();
}

absl::Status ProbeUringZeroCopy() { return ProbeZeroCopyKernel<SendKernel>(); }

}  // namespace copycost
