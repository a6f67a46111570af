#include "coordinator/fleet/veth.h"

#include <linux/if_addr.h>
#include <net/if.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/veth.h>
#include <sched.h>

#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/netlink.h"
#include "common/status.h"

namespace copycost {
namespace {

using Link = std::unique_ptr<rtnl_link, NetlinkDeleter<rtnl_link_put>>;
using Address = std::unique_ptr<rtnl_addr, NetlinkDeleter<rtnl_addr_put>>;
using NlAddress = std::unique_ptr<nl_addr, NetlinkDeleter<nl_addr_put>>;

absl::Status Enter(int network_namespace) {
  if (::setns(network_namespace, CLONE_NEWNET) != 0) return ErrnoStatus("setns");
  return absl::OkStatus();
}

absl::Status BringUp(nl_sock* socket, const std::string& name) {
  rtnl_link* found = nullptr;
  RETURN_IF_ERROR(NetlinkStatus(rtnl_link_get_kernel(socket, 0, name.c_str(), &found),
                                absl::StrCat("find link ", name)));
  const Link link(found);
  const Link change(rtnl_link_alloc());
  rtnl_link_set_flags(change.get(), IFF_UP);
  return NetlinkStatus(rtnl_link_change(socket, link.get(), change.get(), 0),
                       absl::StrCat("bring up ", name));
}

absl::Status AddAddress(nl_sock* socket, const std::string& name, const std::string& text) {
  nl_addr* parsed = nullptr;
  RETURN_IF_ERROR(NetlinkStatus(nl_addr_parse(text.c_str(), AF_UNSPEC, &parsed), text));
  const NlAddress local(parsed);
  const Address address(rtnl_addr_alloc());
  rtnl_addr_set_ifindex(address.get(), static_cast<int>(::if_nametoindex(name.c_str())));
  rtnl_addr_set_local(address.get(), local.get());
  // Nobody else is on this link; without it IPv6 addresses are unusable for a second.
  rtnl_addr_set_flags(address.get(), IFA_F_NODAD);
  return NetlinkStatus(rtnl_addr_add(socket, address.get(), 0), absl::StrCat("add address ", text));
}

// Metrics remembered from one connection would seed the next one's window and threshold, and make
// trials depend on each other.
absl::Status ForgetMetrics() {
  std::ofstream file("/proc/sys/net/ipv4/tcp_no_metrics_save");
  file << "1" << std::flush;
  return file ? absl::OkStatus()
              : absl::FailedPreconditionError("cannot set net.ipv4.tcp_no_metrics_save = 1");
}

// Namespaces may inherit that it is off. Should this fail, adding the address tells.
void EnableIpv6(const std::string& name) {
  std::ofstream(absl::StrCat("/proc/sys/net/ipv6/conf/", name, "/disable_ipv6")) << "0";
}

absl::Status SetUp(const VethEnd& end) {
  RETURN_IF_ERROR(Enter(end.network_namespace));
  ASSIGN_OR_RETURN(const NetlinkSocket socket, OpenNetlink());
  RETURN_IF_ERROR(AddAddress(socket.get(), end.name, end.address_v4));
  if (!end.address_v6.empty()) {
    EnableIpv6(end.name);
    RETURN_IF_ERROR(AddAddress(socket.get(), end.name, end.address_v6));
  }
  RETURN_IF_ERROR(BringUp(socket.get(), "lo"));
  RETURN_IF_ERROR(BringUp(socket.get(), end.name));
  return ForgetMetrics();
}

absl::Status MakePair(const VethEnd& a, const VethEnd& b) {
  RETURN_IF_ERROR(Enter(a.network_namespace));
  ASSIGN_OR_RETURN(const NetlinkSocket socket, OpenNetlink());
  const Link link(rtnl_link_veth_alloc());
  if (link == nullptr) return absl::ResourceExhaustedError("no memory for a veth pair");
  rtnl_link_set_name(link.get(), a.name.c_str());
  const Link peer(rtnl_link_veth_get_peer(link.get()));
  rtnl_link_set_name(peer.get(), b.name.c_str());
  rtnl_link_set_ns_fd(peer.get(), b.network_namespace);
  return NetlinkStatus(rtnl_link_add(socket.get(), link.get(), NLM_F_CREATE | NLM_F_EXCL),
                       "make a veth pair (kernel module veth)");
}

}  // namespace

absl::Status JoinByVeth(const VethEnd& a, const VethEnd& b) {
  RETURN_IF_ERROR(MakePair(a, b));
  RETURN_IF_ERROR(SetUp(a));
  return SetUp(b);
}

}  // namespace copycost
