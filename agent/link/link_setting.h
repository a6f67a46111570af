// What a trial may change about an interface, in the calling thread's network namespace.
#ifndef COPYCOST_AGENT_LINK_LINK_SETTING_H_
#define COPYCOST_AGENT_LINK_LINK_SETTING_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace copycost {

// In the order in which they are changed. TSO is a feature of its own for each IP version, beside
// others that share its name in ethtool -K: what was found is restored only bit by bit.
enum class LinkSetting : uint32_t { kMtu, kTsoV4, kTsoV6, kGro };

// "MTU", "TSO"
absl::string_view NameOf(LinkSetting setting);

// As people write it: "1500", "on".
std::string WordOf(LinkSetting setting, uint32_t value);

// An MTU in bytes; an offload is 1 or 0. FailedPrecondition for an interface that does not have it.
absl::StatusOr<uint32_t> ReadLink(const std::string& interface, LinkSetting setting);

// PermissionDenied without CAP_NET_ADMIN; FailedPrecondition for a value that the device does not
// take, or takes and does not keep.
absl::Status SetLink(const std::string& interface, LinkSetting setting, uint32_t value);

// As SetLink fails for want of permission; changes nothing.
absl::Status CheckMaySetLink(const std::string& interface);

// Whether the interface is up and has its link (IFF_RUNNING).
bool IsRunning(const std::string& interface);

}  // namespace copycost

#endif  // COPYCOST_AGENT_LINK_LINK_SETTING_H_
