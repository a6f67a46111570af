#include "agent/link/link_setting.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
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

// A structure of linux/ethtool.h that ends with an array, and room for it.
template <typename Header, typename Element>
class Command {
 public:
  Command(uint32_t number, uint32_t elements)
      : words_((sizeof(Header) + elements * sizeof(Element)) / sizeof(uint64_t) + 1) {
    header()->cmd = number;
  }
  Header* header() { return reinterpret_cast<Header*>(words_.data()); }

 private:
  std::vector<uint64_t> words_;  // aligned as the kernel's are
};

// How many features this kernel knows; 0 where it does not tell.
uint32_t CountFeatures(const std::string& interface) {
  Command<ethtool_sset_info, uint32_t> command(ETHTOOL_GSSET_INFO, 1);
  command.header()->sset_mask = uint64_t{1} << ETH_SS_FEATURES;
  if (!AskEthtool(interface, command.header()) || command.header()->sset_mask == 0) return 0;
  return command.header()->data[0];
}

// A feature's place among those of this kernel.
struct Feature {
  uint32_t block;
  uint32_t mask;
  uint32_t blocks;  // of all features; the kernel takes no other number
};

// FailedPrecondition where the kernel does not know it.
absl::StatusOr<Feature> FindFeature(const std::string& interface, LinkSetting setting) {
  const uint32_t features = CountFeatures(interface);
  Command<ethtool_gstrings, std::array<char, ETH_GSTRING_LEN>> names(ETHTOOL_GSTRINGS, features);
  names.header()->string_set = ETH_SS_FEATURES;
  names.header()->len = features;
  if (features > 0 && AskEthtool(interface, names.header())) {
    for (uint32_t bit = 0; bit < features; ++bit) {
      const char* name =
          reinterpret_cast<const char*>(names.header()->data) + size_t{bit} * ETH_GSTRING_LEN;
      if (FeatureOf(setting) != absl::string_view(name, ::strnlen(name, ETH_GSTRING_LEN))) continue;
      return Feature{.block = bit / kBitsOfBlock,
                     .mask = 1U << (bit % kBitsOfBlock),
                     .blocks = (features + kBitsOfBlock - 1) / kBitsOfBlock};
    }
  }
  return absl::FailedPreconditionError(
      absl::StrCat("the kernel tells of no ", FeatureOf(setting), " of ", interface));
}

bool ReadFeature(const std::string& interface, const Feature& feature, uint32_t& value) {
  Command<ethtool_gfeatures, ethtool_get_features_block> command(ETHTOOL_GFEATURES, feature.blocks);
  command.header()->size = feature.blocks;
  if (!AskEthtool(interface, command.header())) return false;
  value = (command.header()->features[feature.block].active & feature.mask) != 0 ? 1 : 0;
  return true;
}

bool SetFeature(const std::string& interface, const Feature& feature, uint32_t value) {
  Command<ethtool_sfeatures, ethtool_set_features_block> command(ETHTOOL_SFEATURES, feature.blocks);
  command.header()->size = feature.blocks;
  command.header()->features[feature.block].valid = feature.mask;
  command.header()->features[feature.block].requested = value != 0 ? feature.mask : 0;
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
