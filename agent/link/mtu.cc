#include "agent/link/mtu.h"

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "common/fd.h"
#include "common/status.h"

namespace copycost {
namespace {

ifreq RequestFor(const std::string& interface) {
  ifreq request{};
  std::strncpy(request.ifr_name, interface.c_str(), IFNAMSIZ - 1);
  return request;
}

bool Ask(unsigned long what, ifreq& request) {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return socket.valid() && ::ioctl(socket.get(), what, &request) == 0;
}

// With errno as the call left it.
absl::Status NotPermitted(absl::string_view what) {
  return absl::PermissionDeniedError(
      absl::StrCat(ErrnoStatus(what).message(),
                   "; run copycost-agent as root, or with CAP_NET_ADMIN: sudo setcap "
                   "cap_net_admin+ep copycost-agent"));
}

}  // namespace

absl::StatusOr<uint32_t> MtuOf(const std::string& interface) {
  ifreq request = RequestFor(interface);
  if (!Ask(SIOCGIFMTU, request)) return ErrnoStatus(absl::StrCat("MTU of ", interface));
  return static_cast<uint32_t>(request.ifr_mtu);
}

absl::Status SetMtu(const std::string& interface, uint32_t mtu) {
  ifreq request = RequestFor(interface);
  request.ifr_mtu = static_cast<int>(mtu);
  if (Ask(SIOCSIFMTU, request)) return absl::OkStatus();
  const std::string what = absl::StrCat("set the MTU of ", interface, " to ", mtu);
  if (errno == EPERM) return NotPermitted(what);
  return absl::FailedPreconditionError(ErrnoStatus(what).message());
}

absl::Status CheckMaySetMtu(const std::string& interface) {
  ifreq request = RequestFor(interface);
  request.ifr_mtu = -1;  // looked at after permission is, and refused by every device
  if (Ask(SIOCSIFMTU, request) || errno == EINVAL) return absl::OkStatus();
  const std::string what = absl::StrCat("set the MTU of ", interface);
  return errno == EPERM ? NotPermitted(what) : ErrnoStatus(what);
}

bool IsRunning(const std::string& interface) {
  ifreq request = RequestFor(interface);
  constexpr int kRunning = IFF_UP | IFF_RUNNING;
  return Ask(SIOCGIFFLAGS, request) && (request.ifr_flags & kRunning) == kRunning;
}

}  // namespace copycost
