// One copy by writev(): the same path in the kernel as sendmsg(), entered through the file that the
// socket is, and without flags. The agent ignores SIGPIPE, which writev cannot be told to spare it.
#include <sys/uio.h>

#include "agent/send_modes/gathered_sender.h"
#include "agent/send_modes/send_modes.h"

namespace copycost {
namespace {

struct Writev {
  static constexpr v1::SendMode kMode = v1::SEND_MODE_WRITEV;
  static constexpr absl::string_view kName = "writev";

  static ssize_t Send(int socket, absl::Span<const iovec> fields) {
    return ::writev(socket, fields.data(), static_cast<int>(fields.size()));
  }
};

}  // namespace

std::unique_ptr<Sender> MakeWritevSender() { return std::make_unique<GatheredSender<Writev>>(); }

}  // namespace copycost
