#include "agent/link/interface_request.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

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

}  // namespace copycost
