// The interface that carries a flow: which it is, and what its driver can do. Asked by ioctl, since
// in a network namespace /sys/class/net may still show another namespace's devices.
#ifndef COPYCOST_AGENT_LINK_DATA_INTERFACE_H_
#define COPYCOST_AGENT_LINK_DATA_INTERFACE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "agent/flow_spec.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

// The interface that owns the local address of a connected socket. NotFound if none does.
absl::StatusOr<v1::DataInterface> FindDataInterface(int socket);

// Of its link, in Mb/s, as ethtool says. Absent without a link, where the device does not tell, and
// where it is a constant of the driver (veth, tun).
std::optional<uint32_t> LinkSpeedMbps(const std::string& interface);

// What ethtool -i tells; empty where the device does not, as lo and some tunnels.
struct DriverInfo {
  std::string driver;
  std::string version;
  std::string firmware;
  std::string bus;
};
DriverInfo DriverOf(const std::string& interface);

// Its name, for a numeric address of this host. NotFound if no interface owns it.
absl::StatusOr<std::string> InterfaceOf(const std::string& address);

// What MSG_ZEROCOPY can do over `interface`. `peer_on_same_host`: both ends share a kernel.
DataPath PathOver(const v1::DataInterface& interface, bool peer_on_same_host);

}  // namespace copycost

#endif  // COPYCOST_AGENT_LINK_DATA_INTERFACE_H_
