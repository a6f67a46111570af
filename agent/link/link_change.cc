#include "agent/link/link_change.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/link/data_interface.h"
#include "agent/link/mtu.h"
#include "common/log.h"
#include "common/status.h"

namespace copycost {

absl::StatusOr<LinkChange> LinkChange::Apply(const std::string& address, const Options& options) {
  LinkChange change;
  if (options.mtu == 0) return change;
  ASSIGN_OR_RETURN(change.interface_, InterfaceOf(address));
  ASSIGN_OR_RETURN(const uint32_t found, MtuOf(change.interface_));
  if (found == options.mtu) return change;
  if (!options.permitted) {
    return absl::PermissionDeniedError(absl::StrCat(
        "the MTU of ", change.interface_, " is ", found, " and ", options.mtu,
        " was asked for; copycost-agent --allow-link-changes would have to permit it"));
  }
  // The guard first: between the two this process may be killed.
  if (options.guard != nullptr) {
    RETURN_IF_ERROR(options.guard->RestoreAtEnd({change.interface_, found}));
  }
  if (absl::Status set = SetMtu(change.interface_, options.mtu); !set.ok()) {
    if (options.guard != nullptr) options.guard->Forget(change.interface_).IgnoreError();
    return set;  // nothing was changed: there is nothing to restore
  }
  change.guard_ = options.guard;
  change.found_mtu_ = found;
  return change;
}

LinkChange::LinkChange(LinkChange&& other) noexcept
    : interface_(std::move(other.interface_)),
      found_mtu_(std::exchange(other.found_mtu_, 0)),
      guard_(other.guard_) {}

LinkChange& LinkChange::operator=(LinkChange&& other) noexcept {
  Restore();
  interface_ = std::move(other.interface_);
  found_mtu_ = std::exchange(other.found_mtu_, 0);
  guard_ = other.guard_;
  return *this;
}

LinkChange::~LinkChange() { Restore(); }

void LinkChange::Restore() {
  if (found_mtu_ == 0) return;
  absl::Status restored = SetMtu(interface_, std::exchange(found_mtu_, 0));
  if (restored.ok() && guard_ != nullptr) restored = guard_->Forget(interface_);
  if (!restored.ok()) Log(restored.message());
}

bool LinkChange::Carries() const { return found_mtu_ == 0 || IsRunning(interface_); }

}  // namespace copycost
