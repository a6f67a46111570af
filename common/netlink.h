// What users of libnl-route share: ownership, a connected socket, and errors as a Status.
#ifndef COPYCOST_COMMON_NETLINK_H_
#define COPYCOST_COMMON_NETLINK_H_

#include <netlink/netlink.h>

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/status.h"

namespace copycost {

template <auto Free>
struct NetlinkDeleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using NetlinkSocket = std::unique_ptr<nl_sock, NetlinkDeleter<nl_socket_free>>;

// `error` is what a function of libnl returned.
inline absl::Status NetlinkStatus(int error, absl::string_view step) {
  if (error >= 0) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(step, ": ", nl_geterror(error)));
}

// To the calling thread's network namespace.
inline absl::StatusOr<NetlinkSocket> OpenNetlink() {
  NetlinkSocket socket(nl_socket_alloc());
  if (socket == nullptr) return absl::ResourceExhaustedError("no memory for a netlink socket");
  RETURN_IF_ERROR(NetlinkStatus(nl_connect(socket.get(), NETLINK_ROUTE), "netlink"));
  return socket;
}

}  // namespace copycost

#endif  // COPYCOST_COMMON_NETLINK_H_
