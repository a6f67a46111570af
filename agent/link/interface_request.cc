#include "agent/link/interface_request.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

#include "common/fd.h"

namespace copycost {

ifreq RequestFor(const std::string& interface) {
  ifreq request{};
  std::strncpy(request.ifr_name, interface.c_str(), IFNAMSIZ - 1);
  return request;
}

bool Ask(unsigned long what, ifreq& request) {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return socket.valid() && ::ioctl(socket.get(), what, &request) >= 0;
}

bool AskEthtool(const std::string& interface, void* command) {
  ifreq request = RequestFor(interface);
  request.ifr_data = static_cast<char*>(command);
  return Ask(SIOCETHTOOL, request);
}

std::vector<std::string> EthtoolNames(const std::string& interface, uint32_t set) {
  EthtoolCommand<ethtool_sset_info, uint32_t> sets(ETHTOOL_GSSET_INFO, 1);
  sets->sset_mask = uint64_t{1} << set;
  if (!AskEthtool(interface, sets.header()) || sets->sset_mask == 0) return {};
  const uint32_t count = sets->data[0];
  using Name = std::array<char, ETH_GSTRING_LEN>;
  EthtoolCommand<ethtool_gstrings, Name> strings(ETHTOOL_GSTRINGS, count);
  strings->string_set = set;
  strings->len = count;
  if (count == 0 || !AskEthtool(interface, strings.header()) || strings->len != count) return {};
  std::vector<std::string> names;
  names.reserve(count);
  const char* const text = reinterpret_cast<const char*>(strings->data);
  for (size_t i = 0; i < count; ++i) {
    const char* const name = text + i * ETH_GSTRING_LEN;
    names.emplace_back(name, ::strnlen(name, ETH_GSTRING_LEN));
  }
  return names;
}

}  // namespace copycost
