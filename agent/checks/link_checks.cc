#include <set>

#include "absl/strings/str_cat.h"
#include "agent/checks/checks.h"
#include "agent/link/data_interface.h"
#include "common/check.h"

namespace copycost {
namespace {

v1::Check AddressCheck(absl::string_view address, const v1::DataInterface& interface) {
  const std::string name = absl::StrCat("data address ", address);
  const std::string found = absl::StrCat(
      interface.name(), " (", interface.driver().empty() ? "driver unknown" : interface.driver(),
      "), MTU ", interface.mtu(), ", scatter-gather ", interface.scatter_gather() ? "on" : "off");
  if (interface.scatter_gather()) return OkCheck(name, found);
  return LimitedCheck(name, absl::StrCat(found, ": the kernel copies every zero-copy send"),
                      absl::StrCat("sudo ethtool -K ", interface.name(), " sg on"));
}

v1::Check ChangesCheck(const Kernel& kernel, const v1::DataInterface& interface, bool permitted) {
  constexpr char kName[] = "link changes";
  const absl::Status set = kernel.TryToSetLink(interface);
  if (set.ok() && permitted) {
    return OkCheck(kName, absl::StrCat("trials may set MTU and offloads of ", interface.name(),
                                       ", which are restored after each"));
  }
  if (set.ok()) {
    return MissingCheck(kName,
                        absl::StrCat("MTU and offloads of ", interface.name(),
                                     " could be set, and the agent's owner does not permit it"),
                        "start copycost-agent with --allow-link-changes");
  }
  return FailedCheck(kName, v1::CHECK_STATE_MISSING, set, "");
}

}  // namespace

std::vector<v1::Check> LinkChecks(const Kernel& kernel, const Limits& limits,
                                  const std::vector<std::string>& addresses) {
  std::vector<v1::Check> checks;
  std::vector<v1::DataInterface> interfaces;
  std::set<std::string> seen;
  for (const std::string& address : addresses) {
    const absl::StatusOr<v1::DataInterface> interface = kernel.InterfaceOf(address);
    if (!interface.ok()) {
      checks.push_back(FailedCheck(absl::StrCat("data address ", address), v1::CHECK_STATE_MISSING,
                                   interface.status(),
                                   "name an address that this host has: HOST:PORT/DATA_ADDR"));
      continue;
    }
    checks.push_back(AddressCheck(address, *interface));
    if (seen.insert(interface->name()).second) interfaces.push_back(*interface);
  }
  for (const v1::DataInterface& interface : interfaces) {
    checks.push_back(ChangesCheck(kernel, interface, limits.allow_link_changes));
  }
  return checks;
}

}  // namespace copycost
