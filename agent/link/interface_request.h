// Asking the kernel about an interface by name (netdevice(7), ethtool), in the calling thread's
// network namespace. False with errno set when it refuses.
#ifndef COPYCOST_AGENT_LINK_INTERFACE_REQUEST_H_
#define COPYCOST_AGENT_LINK_INTERFACE_REQUEST_H_

#include <net/if.h>

#include <string>

namespace copycost {

ifreq RequestFor(const std::string& interface);

// `what` is SIOCGIFMTU and the like.
bool Ask(unsigned long what, ifreq& request);

// `command` begins with its number: a struct of linux/ethtool.h.
bool AskEthtool(const std::string& interface, void* command);

}  // namespace copycost

#endif  // COPYCOST_AGENT_LINK_INTERFACE_REQUEST_H_
