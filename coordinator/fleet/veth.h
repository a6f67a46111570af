// A veth pair between two network namespaces, over netlink.
#ifndef COPYCOST_COORDINATOR_FLEET_VETH_H_
#define COPYCOST_COORDINATOR_FLEET_VETH_H_

#include <string>

#include "absl/status/status.h"

namespace copycost {

struct VethEnd {
  int network_namespace;  // descriptor of it
  std::string name;
  std::string address_v4;  // with prefix length
  std::string address_v6;  // empty: none
};

// Makes the pair, gives it its addresses, and brings it and both loopbacks up. Moves the calling
// thread into `a`'s and then `b`'s namespace and leaves it there: for a process that has no other
// business. Errors name the step.
absl::Status JoinByVeth(const VethEnd& a, const VethEnd& b);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_FLEET_VETH_H_
