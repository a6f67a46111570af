#include "agent/send_modes/error_queue.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
// After <time.h>: linux/errqueue.h uses struct timespec.
#include <linux/errqueue.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "common/clock.h"
#include "common/status.h"

namespace copycost {
namespace {

bool IsExtendedError(const cmsghdr& header) {
  return (header.cmsg_level == SOL_IP && header.cmsg_type == IP_RECVERR) ||
         (header.cmsg_level == SOL_IPV6 && header.cmsg_type == IPV6_RECVERR);
}

absl::StatusOr<ZeroCopyNotification> Decode(msghdr& message) {
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (!IsExtendedError(*header)) continue;
    sock_extended_err error;
    std::memcpy(&error, CMSG_DATA(header), sizeof(error));
    if (error.ee_origin != SO_EE_ORIGIN_ZEROCOPY || error.ee_errno != 0) {
      return absl::InternalError(absl::StrCat("the error queue holds origin ", error.ee_origin,
                                              ", errno ", error.ee_errno,
                                              " among zero-copy notifications"));
    }
    return ZeroCopyNotification{.first = error.ee_info,
                                .last = error.ee_data,
                                .copied = (error.ee_code & SO_EE_CODE_ZEROCOPY_COPIED) != 0,
                                .exact = error.ee_info == error.ee_data};
  }
  return absl::InternalError("an entry of the error queue has no extended error");
}

absl::Status Gone() {
  return absl::UnavailableError("the connection is gone, with zero-copy sends outstanding");
}

absl::Status CheckError(int socket) {
  int error = 0;
  socklen_t size = sizeof(error);
  ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0 ? absl::OkStatus() : ErrnoStatus(error, "connection");
}

}  // namespace

absl::StatusOr<std::optional<ZeroCopyNotification>> ReadNotification(int socket) {
  alignas(cmsghdr) char control[256];
  msghdr message{};
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  if (::recvmsg(socket, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) {
    if (errno == EAGAIN || errno == EINTR) return std::nullopt;
    return ErrnoStatus("recvmsg MSG_ERRQUEUE");
  }
  ASSIGN_OR_RETURN(const ZeroCopyNotification notification, Decode(message));
  return notification;
}

absl::Status AwaitNotification(int socket, absl::Time deadline) {
  const absl::Duration left = deadline - MonotonicTime();
  if (left <= absl::ZeroDuration()) return absl::OkStatus();
  pollfd entry{.fd = socket, .events = 0, .revents = 0};  // POLLERR is always reported
  const timespec timeout = absl::ToTimespec(left);
  const int ready = ::ppoll(&entry, 1, &timeout, nullptr);
  if (ready < 0) {
    if (errno == EINTR) return absl::OkStatus();
    return ErrnoStatus("poll");
  }
  if (ready == 0) return absl::OkStatus();
  const bool notified = (entry.revents & POLLERR) != 0;
  return notified ? CheckError(socket) : Gone();
}

absl::Status CheckConnected(int socket) {
  RETURN_IF_ERROR(CheckError(socket));
  pollfd entry{.fd = socket, .events = 0, .revents = 0};
  if (::poll(&entry, 1, 0) > 0 && (entry.revents & POLLHUP) != 0) return Gone();
  return absl::OkStatus();
}

}  // namespace copycost
