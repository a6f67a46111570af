#include "agent/link/data_interface.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "agent/link/interface_request.h"
#include "agent/link/link_setting.h"
#include "common/status.h"
#include "common/utf8.h"

namespace copycost {
namespace {

constexpr char kLoopback[] = "loopback";
constexpr char kVeth[] = "veth";
constexpr char kTun[] = "tun";

bool SameHost(const sockaddr& a, const sockaddr& b) {
  if (a.sa_family != b.sa_family) return false;
  if (a.sa_family == AF_INET) {
    return reinterpret_cast<const sockaddr_in&>(a).sin_addr.s_addr ==
           reinterpret_cast<const sockaddr_in&>(b).sin_addr.s_addr;
  }
  return a.sa_family == AF_INET6 &&
         std::memcmp(&reinterpret_cast<const sockaddr_in6&>(a).sin6_addr,
                     &reinterpret_cast<const sockaddr_in6&>(b).sin6_addr, sizeof(in6_addr)) == 0;
}

struct Owner {
  std::string name;
  bool loopback;
};

std::optional<Owner> OwnerOf(const sockaddr& address) {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return std::nullopt;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owned(list, ::freeifaddrs);
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || !SameHost(*entry->ifa_addr, address)) continue;
    return Owner{.name = entry->ifa_name, .loopback = (entry->ifa_flags & IFF_LOOPBACK) != 0};
  }
  return std::nullopt;
}

template <size_t size>
std::string TextOfField(const char (&field)[size]) {
  return ToUtf8({field, ::strnlen(field, size)});
}

// Drivers that tell the same speed whatever they do.
bool SpeedIsAConstant(absl::string_view driver) { return driver == kVeth || driver == kTun; }

absl::StatusOr<bool> ScatterGatherOf(const std::string& interface) {
  ethtool_value value{};
  value.cmd = ETHTOOL_GSG;
  if (AskEthtool(interface, &value)) return value.data != 0;
  return ErrnoStatus(absl::StrCat("ioctl ETHTOOL_GSG ", interface));
}

}  // namespace

absl::StatusOr<v1::DataInterface> FindDataInterface(int socket) {
  sockaddr_storage name{};
  socklen_t size = sizeof(name);
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&name), &size) != 0) {
    return ErrnoStatus("getsockname");
  }
  const std::optional<Owner> owner = OwnerOf(reinterpret_cast<const sockaddr&>(name));
  if (!owner.has_value()) return absl::NotFoundError("no interface owns the flow's local address");
  v1::DataInterface interface;
  interface.set_name(ToUtf8(owner->name));  // the kernel takes any bytes
  ASSIGN_OR_RETURN(const uint32_t mtu, ReadLink(owner->name, LinkSetting::kMtu));
  interface.set_mtu(mtu);
  ASSIGN_OR_RETURN(const bool scatter_gather, ScatterGatherOf(owner->name));
  interface.set_scatter_gather(scatter_gather);
  interface.set_driver(owner->loopback ? kLoopback : DriverOf(owner->name).driver);
  if (const auto speed = LinkSpeedMbps(owner->name)) interface.set_speed_mbps(*speed);
  return interface;
}

DriverInfo DriverOf(const std::string& interface) {
  ethtool_drvinfo info{};
  info.cmd = ETHTOOL_GDRVINFO;
  if (!AskEthtool(interface, &info)) return {};
  return {.driver = TextOfField(info.driver),
          .version = TextOfField(info.version),
          .firmware = TextOfField(info.fw_version),
          .bus = TextOfField(info.bus_info)};
}

// Asked first with no room for the masks of link modes, the kernel says how much they take.
std::optional<uint32_t> LinkSpeedMbps(const std::string& interface) {
  if (SpeedIsAConstant(DriverOf(interface).driver)) return std::nullopt;
  EthtoolCommand<ethtool_link_settings, uint32_t> size(ETHTOOL_GLINKSETTINGS, 0);
  if (!AskEthtool(interface, size.header()) || size->link_mode_masks_nwords >= 0) {
    return std::nullopt;
  }
  const int words = -size->link_mode_masks_nwords;
  EthtoolCommand<ethtool_link_settings, uint32_t> link(ETHTOOL_GLINKSETTINGS,
                                                       3 * static_cast<size_t>(words));
  link->link_mode_masks_nwords = static_cast<int8_t>(words);
  if (!AskEthtool(interface, link.header())) return std::nullopt;
  if (link->speed == 0 || link->speed == static_cast<uint32_t>(SPEED_UNKNOWN)) return std::nullopt;
  return link->speed;
}

absl::StatusOr<std::string> InterfaceOf(const std::string& address) {
  sockaddr_storage storage{};
  auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
  if (::inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
    storage.ss_family = AF_INET;
  } else if (::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) == 1) {
    storage.ss_family = AF_INET6;
  }
  const std::optional<Owner> owner = OwnerOf(reinterpret_cast<const sockaddr&>(storage));
  if (owner.has_value()) return owner->name;
  return absl::NotFoundError(absl::StrCat("no interface of this host owns ", address));
}

DataPath PathOver(const v1::DataInterface& interface, bool peer_on_same_host) {
  const bool virtual_link = interface.driver() == kVeth || interface.driver() == kLoopback;
  if (virtual_link && peer_on_same_host) return DataPath::kLocalDelivery;
  return interface.scatter_gather() ? DataPath::kScatterGather : DataPath::kNoScatterGather;
}

}  // namespace copycost
