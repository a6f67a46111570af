// IORING_OP_SEND_ZC of registered buffers: their pages are pinned once, when the ring is made.
#include "absl/strings/str_cat.h"
#include "agent/send_modes/send_modes.h"
#include "agent/send_modes/uring_zero_copy_kernel.h"
#include "agent/send_modes/zero_copy_sender.h"

namespace copycost {
namespace {

struct SendFixedZeroCopy {
  static constexpr v1::SendMode kMode = v1::SEND_MODE_URING_ZERO_COPY_FIXED;
  static constexpr absl::string_view kName = "IORING_OP_SEND_ZC of registered buffers";
  static constexpr absl::string_view kNeeds = "Linux 6.2";
  static constexpr MessageBuffers::Layout kLayout = MessageBuffers::Layout::kTogether;

  static absl::Status Register(io_uring& ring, const MessageBuffers& buffers) {
    std::vector<iovec> all;
    all.reserve(buffers.count());
    for (uint32_t slot = 0; slot < buffers.count(); ++slot) {
      all.push_back(buffers.Iovecs(slot).front());
    }
    const int error =
        io_uring_register_buffers(&ring, all.data(), static_cast<unsigned>(all.size()));
    if (error == 0) return absl::OkStatus();
    if (error != -ENOMEM) return ErrnoStatus(-error, "io_uring_register_buffers");
    return absl::ResourceExhaustedError(absl::StrCat(
        "io_uring_register_buffers: no memory may be locked for ", buffers.count(), " buffers of ",
        buffers.message_bytes(), " bytes; raise locked memory (ulimit -l)"));
  }

  static void Prepare(io_uring_sqe* entry, int socket, uint32_t buffer, const msghdr& message) {
    io_uring_prep_send_zc_fixed(entry, socket, message.msg_iov->iov_base, message.msg_iov->iov_len,
                                0, 0, buffer);
  }
};

using FixedKernel = UringZeroCopy<SendFixedZeroCopy>;

}  // namespace

std::unique_ptr<Sender> MakeUringZeroCopyFixedSender() {
  return std::make_unique<ZeroCopySender<FixedKernel>>();
}

absl::Status ProbeUringZeroCopyFixed() { return ProbeZeroCopyKernel<FixedKernel>(); }

}  // namespace copycost
