// IORING_OP_SENDMSG of an iovec of the fields: the kernel copies them, as for sendmsg().
#include "agent/send_modes/send_modes.h"
#include "agent/send_modes/uring_copying_sender.h"

namespace copycost {
namespace {

struct UringSendmsg {
  static constexpr v1::SendMode kMode = v1::SEND_MODE_URING_SENDMSG;
  static constexpr absl::string_view kName = "IORING_OP_SENDMSG";
  static constexpr MessageBuffers::Layout kLayout = MessageBuffers::Layout::kSeparate;

  static void Prepare(io_uring_sqe* entry, int socket, const msghdr& message) {
    io_uring_prep_sendmsg(entry, socket, &message, 0);
  }
};

}  // namespace

std::unique_ptr<Sender> MakeUringSendmsgSender() {
  return std::make_unique<UringCopyingSender<UringSendmsg>>();
}

}  // namespace copycost
