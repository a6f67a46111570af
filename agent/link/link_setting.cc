#include "agent/link/link_setting.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/link/interface_request.h"
#include "common/status.h"

namespace copycost {
namespace {

constexpr uint32_t kBitsOfBlock = 32;

// The kernel's name of an offload (net/ethtool/common.c).
absl::string_view FeatureOf(LinkSetting setting) {
  switch (setting) {
    case LinkSetting::kTsoV4:
      return "tx-tcp-segmentation";
    case LinkSetting::kTsoV6:
      return "tx-tcp6-segmentation";
    default:
      return "rx-gro";
  }
}

// A feature's place among those of this kernel.
struct Feature {
  uint32_t block;
  uint32_t mask;
  uint32_t blocks;  // of all features; the kernel takes no other number
};

// FailedPrecondition where the kernel does not know it.
absl::StatusOr<Feature> FindFeature(const std::string& interface, LinkSetting setting) {
  const std::vector<std::string> names = EthtoolNames(interface, ETH_SS_FEATURES);
  const auto found = std::find(names.begin(), names.end(), FeatureOf(setting));
  if (found != names.end()) {
    const auto bit = static_cast<uint32_t>(found - names.begin());
    return Feature{
        .block = bit / kBitsOfBlock,
        .mask = 1U << (bit % kBitsOfBlock),
        .blocks = (static_cast<uint32_t>(names.size()) + kBitsOfBlock - 1) / kBitsOfBlock};
  }
  return absl::FailedPreconditionError(
      absl::StrCat("the kernel tells of no ", FeatureOf(setting), " of ", interface));
}

bool ReadFeature(const std::string& interface, const Feature& feature, uint32_t& value) {
  EthtoolCommand<ethtool_gfeatures, ethtool_get_features_block> command(ETHTOOL_GFEATURES,
                                                                        feature.blocks);
  command->size = feature.blocks;
  if (!AskEthtool(interface, command.header())) return false;
  value = (command->features[feature.block].active & feature.mask) != 0 ? 1 : 0;
  return true;
}

bool SetFeature(const std::string& interface, const Feature& feature, uint32_t value) {
  EthtoolCommand<ethtool_sfeatures, ethtool_set_features_block> command(ETHTOOL_SFEATURES,
                                                                        feature.blocks);
  command->size = feature.blocks;
  command->features[feature.block].valid = feature.mask;
  command->features[feature.block].requested = value != 0 ? feature.mask : 0;
  return AskEthtool(interface, command.header());
}

bool SetMtu(const std::string& interface, uint32_t bytes) {
  ifreq request = RequestFor(interface);
  request.ifr_mtu = static_cast<int>(bytes);
  return Ask(SIOCSIFMTU, request);
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
  switch (setting) {
    case LinkSetting::kMtu:
      return "MTU";
    case LinkSetting::kTsoV4:
    case LinkSetting::kTsoV6:
      return "TSO";
    case LinkSetting::kGro:
      return "GRO";
  }
  return "?";
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
  ASSIGN_OR_RETURN(const Feature feature, FindFeature(interface, setting));
  uint32_t value = 0;
  if (ReadFeature(interface, feature, value)) return value;
  return absl::FailedPreconditionError(ErrnoStatus(what).message());
}

absl::Status SetLink(const std::string& interface, LinkSetting setting, uint32_t value) {
  const std::string what =
      absl::StrCat("set the ", NameOf(setting), " of ", interface, " to ", WordOf(setting, value));
  bool set = false;
  if (setting == LinkSetting::kMtu) {
    set = SetMtu(interface, value);
  } else {
    ASSIGN_OR_RETURN(const Feature feature, FindFeature(interface, setting));
    set = SetFeature(interface, feature, value);
  }
  if (!set) {
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
