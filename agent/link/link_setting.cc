#include "agent/link/link_setting.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
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

struct Offload {
  absl::string_view name;
  uint32_t get;
  uint32_t set;
};

Offload OffloadOf(LinkSetting setting) {
  switch (setting) {
    case LinkSetting::kTso:
      return {"TSO", ETHTOOL_GTSO, ETHTOOL_STSO};
    case LinkSetting::kGso:
      return {"GSO", ETHTOOL_GGSO, ETHTOOL_SGSO};
    default:
      return {"GRO", ETHTOOL_GGRO, ETHTOOL_SGRO};
  }
}

ifreq RequestFor(const std::string& interface) {
  ifreq request{};
  std::strncpy(request.ifr_name, interface.c_str(), IFNAMSIZ - 1);
  return request;
}

bool Ask(unsigned long what, ifreq& request) {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return socket.valid() && ::ioctl(socket.get(), what, &request) == 0;
}

bool AskEthtool(const std::string& interface, ethtool_value& value) {
  ifreq request = RequestFor(interface);
  request.ifr_data = reinterpret_cast<char*>(&value);
  return Ask(SIOCETHTOOL, request);
}

bool Set(const std::string& interface, LinkSetting setting, uint32_t value) {
  if (setting == LinkSetting::kMtu) {
    ifreq request = RequestFor(interface);
    request.ifr_mtu = static_cast<int>(value);
    return Ask(SIOCSIFMTU, request);
  }
  ethtool_value offload{.cmd = OffloadOf(setting).set, .data = value};
  return AskEthtool(interface, offload);
}

// With errno as the call left it.
absl::Status NotPermitted(absl::string_view what) {
  return absl::PermissionDeniedError(
      absl::StrCat(ErrnoStatus(what).message(),
                   "; run copycost-agent as root, or with CAP_NET_ADMIN: sudo setcap "
                   "cap_net_admin+ep copycost-agent"));
}

}  // namespace

absl::string_view NameOf(LinkSetting setting) {
  return setting == LinkSetting::kMtu ? "MTU" : OffloadOf(setting).name;
}

std::string WordOf(LinkSetting setting, uint32_t value) {
  if (setting == LinkSetting::kMtu) return absl::StrCat(value);
  return value != 0 ? "on" : "off";
}

absl::StatusOr<uint32_t> ReadLink(const std::string& interface, LinkSetting setting) {
  const std::string what = absl::StrCat(NameOf(setting), " of ", interface);
  if (setting == LinkSetting::kMtu) {
    ifreq request = RequestFor(interface);
    if (!Ask(SIOCGIFMTU, request)) return ErrnoStatus(what);
    return static_cast<uint32_t>(request.ifr_mtu);
  }
  ethtool_value value{.cmd = OffloadOf(setting).get, .data = 0};
  if (AskEthtool(interface, value)) return value.data != 0 ? 1 : 0;
  return absl::FailedPreconditionError(ErrnoStatus(what).message());
}

absl::Status SetLink(const std::string& interface, LinkSetting setting, uint32_t value) {
  const std::string what =
      absl::StrCat("set the ", NameOf(setting), " of ", interface, " to ", WordOf(setting, value));
  if (!Set(interface, setting, value)) {
    if (errno == EPERM) return NotPermitted(what);
    return absl::FailedPreconditionError(ErrnoStatus(what).message());
  }
  // The kernel drops what a device's other offloads do not allow, without a word.
  ASSIGN_OR_RETURN(const uint32_t kept, ReadLink(interface, setting));
  if (kept == value) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      what, ": the kernel leaves it ", WordOf(setting, kept), "; see ethtool -k ", interface));
}

absl::Status CheckMaySetLink(const std::string& interface) {
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
