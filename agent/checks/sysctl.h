// Settings of the kernel by the names that sysctl(8) takes.
#ifndef COPYCOST_AGENT_CHECKS_SYSCTL_H_
#define COPYCOST_AGENT_CHECKS_SYSCTL_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "agent/checks/kernel.h"

namespace copycost {

// "net.core.optmem_max" -> what /proc/sys/net/core/optmem_max says. NotFound where there is none.
absl::StatusOr<std::string> Sysctl(const Kernel& kernel, absl::string_view name);

// The same, of a setting that is a number. Internal for one that is none.
absl::StatusOr<int64_t> SysctlNumber(const Kernel& kernel, absl::string_view name);

// The command that sets it: "sudo sysctl -w net.core.optmem_max=131072".
std::string SetSysctl(absl::string_view name, absl::string_view value);

}  // namespace copycost

#endif  // COPYCOST_AGENT_CHECKS_SYSCTL_H_
