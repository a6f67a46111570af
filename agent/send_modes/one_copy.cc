// One copy: sendmsg() gathers the fields; the kernel copies them into its buffers.
#include <sys/socket.h>

#include "agent/send_modes/gathered_sender.h"
#include "agent/send_modes/send_modes.h"

namespace copycost {
namespace {

struct Sendmsg {
  static constexpr v1::SendMode kMode = v1::SEND_MODE_ONE_COPY;
  static constexpr absl::string_view kName = "sendmsg";

  static ssize_t Send(int socket, absl::Span<const iovec> fields) {
    const msghdr header = HeaderOf(fields);
    return ::sendmsg(socket, &header, MSG_NOSIGNAL);
  }
};

}  // namespace

std::unique_ptr<Sender> MakeOneCopySender() { return std::make_unique<GatheredSender<Sendmsg>>(); }

}  // namespace copycost
