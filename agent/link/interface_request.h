// Asking the kernel about an interface by name (netdevice(7), ethtool), in the calling thread's
// network namespace. False with errno set when it refuses.
#ifndef COPYCOST_AGENT_LINK_INTERFACE_REQUEST_H_
#define COPYCOST_AGENT_LINK_INTERFACE_REQUEST_H_

#include <net/if.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace copycost {

ifreq RequestFor(const std::string& interface);

// `what` is SIOCGIFMTU and the like.
bool Ask(unsigned long what, ifreq& request);

// `command` begins with its number: a struct of linux/ethtool.h.
bool AskEthtool(const std::string& interface, void* command);

// A structure of linux/ethtool.h that ends with an array, and room for so many elements, twice and
// more: until 2025 the kernel wrote as many as there were by then, whatever it was told of the
// room.
template <typename Header, typename Element>
class EthtoolCommand {
 public:
  EthtoolCommand(uint32_t number, size_t elements)
      : words_((sizeof(Header) + (2 * elements + 1024) * sizeof(Element)) / sizeof(uint64_t) + 1) {
    header()->cmd = number;
  }
  Header* header() { return reinterpret_cast<Header*>(words_.data()); }
  Header* operator->() { return header(); }

 private:
  std::vector<uint64_t> words_;  // aligned as the kernel's are
};

// The names of a set that the kernel or the driver knows (ETH_SS_STATS, ETH_SS_FEATURES), in its
// order; empty where it does not tell.
std::vector<std::string> EthtoolNames(const std::string& interface, uint32_t set);

}  // namespace copycost

#endif  // COPYCOST_AGENT_LINK_INTERFACE_REQUEST_H_
