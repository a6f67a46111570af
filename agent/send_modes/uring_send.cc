// IORING_OP_SEND of one buffer: the kernel copies it, as for send().
#include "agent/send_modes/send_modes.h"
#include "agent/send_modes/uring_copying_sender.h"

namespace copycost {
namespace {

struct UringSend {
  static constexpr v1::SendMode kMode = v1::SEND_MODE_URING_SEND;
  static constexpr absl::string_view kName = "IORING_OP_SEND";
  static constexpr MessageBuffers::Layout kLayout = MessageBuffers::Layout::kTogether;

  static void Prepare(io_uring_sqe* entry, int socket, const msghdr& message) {
    io_uring_prep_send(entry, socket, message.msg_iov->iov_base, message.msg_iov->iov_len, 0);
  }
};

}  // namespace

std::unique_ptr<Sender> MakeUringSendSender() {
  return std::make_unique<UringCopyingSender<UringSend>>();
}

}  // namespace copycost
