// The MTU of an interface of the calling thread's network namespace.
#ifndef COPYCOST_AGENT_LINK_MTU_H_
#define COPYCOST_AGENT_LINK_MTU_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace copycost {

absl::StatusOr<uint32_t> MtuOf(const std::string& interface);

// PermissionDenied without CAP_NET_ADMIN; FailedPrecondition for one that the device does not take.
absl::Status SetMtu(const std::string& interface, uint32_t mtu);

// As SetMtu fails for want of permission; changes nothing.
absl::Status CheckMaySetMtu(const std::string& interface);

// Whether the interface is up and has its link (IFF_RUNNING).
bool IsRunning(const std::string& interface);

}  // namespace copycost

#endif  // COPYCOST_AGENT_LINK_MTU_H_
