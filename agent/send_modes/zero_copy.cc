// Zero copies on the way into the kernel: sendmsg(MSG_ZEROCOPY) pins the fields' pages; completions
// come in the socket's error queue.
#include <sys/socket.h>

#include "agent/send_modes/send_modes.h"
#include "agent/send_modes/zero_copy_sender.h"

namespace copycost {
namespace {

class MsgZeroCopy {
 public:
  static constexpr v1::SendMode kMode = v1::SEND_MODE_ZERO_COPY;
  static constexpr absl::string_view kName = "sendmsg MSG_ZEROCOPY";
  static constexpr absl::string_view kNeeds = "Linux 4.14";
  static constexpr MessageBuffers::Layout kLayout = MessageBuffers::Layout::kSeparate;

  static absl::StatusOr<MsgZeroCopy> Create(int socket, const MessageBuffers& /*ring*/,
                                            uint32_t /*depth*/) {
    const int one = 1;
    if (::setsockopt(socket, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)) == 0) {
      return MsgZeroCopy(socket);
    }
    return absl::FailedPreconditionError(absl::StrCat(
        ErrnoStatus("setsockopt SO_ZEROCOPY").message(), "; it needs Linux 4.14 or later"));
  }

  ssize_t Send(uint32_t /*buffer*/, absl::Span<const iovec> rest) {
    const msghdr header = HeaderOf(rest);
    return ::sendmsg(socket_, &header, MSG_ZEROCOPY | MSG_NOSIGNAL);
  }

  absl::StatusOr<std::optional<ZeroCopyNotification>> Next() { return ReadNotification(socket_); }

  absl::Status Await(absl::Time deadline) { return AwaitNotification(socket_, deadline); }

  // An error queue that holds something is an error condition of its socket.
  static absl::StatusOr<int> OpenCompletionEvents() { return -1; }
  static void WatchForCompletions(bool /*on*/) {}

 private:
  explicit MsgZeroCopy(int socket) : socket_(socket) {}

  int socket_;
};

}  // namespace

std::unique_ptr<Sender> MakeZeroCopySender() {
  return std::make_unique<ZeroCopySender<MsgZeroCopy>>();
}

absl::Status ProbeZeroCopy() { return ProbeZeroCopyKernel<MsgZeroCopy>(); }

}  // namespace copycost
