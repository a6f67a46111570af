#include "agent/link/link_change.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/link/data_interface.h"
#include "common/log.h"
#include "common/status.h"

namespace copycost {
namespace {

constexpr LinkSetting kSettings[] = {LinkSetting::kMtu, LinkSetting::kTsoV4, LinkSetting::kTsoV6,
                                     LinkSetting::kGro};

std::optional<uint32_t> ValueOf(v1::Offload offload) {
  switch (offload) {
    case v1::OFFLOAD_ON:
      return 1;
    case v1::OFFLOAD_OFF:
      return 0;
    default:
      return std::nullopt;
  }
}

// Absent: as it is.
std::optional<uint32_t> AskedOf(const v1::Workload& workload, LinkSetting setting) {
  switch (setting) {
    case LinkSetting::kMtu:
      return workload.mtu() > 0 ? std::optional<uint32_t>(workload.mtu()) : std::nullopt;
    case LinkSetting::kTsoV4:
      if (workload.ip_version() != v1::IP_VERSION_4) return std::nullopt;
      return ValueOf(workload.tso());
    case LinkSetting::kTsoV6:
      if (workload.ip_version() != v1::IP_VERSION_6) return std::nullopt;
      return ValueOf(workload.tso());
    case LinkSetting::kGro:
      return ValueOf(workload.gro());
  }
  return std::nullopt;
}

void Tell(LinkSetting setting, uint32_t value, v1::Workload& applied) {
  const v1::Offload offload = value != 0 ? v1::OFFLOAD_ON : v1::OFFLOAD_OFF;
  switch (setting) {
    case LinkSetting::kMtu:
      return applied.set_mtu(value);
    case LinkSetting::kTsoV4:
    case LinkSetting::kTsoV6:
      return applied.set_tso(offload);
    case LinkSetting::kGro:
      return applied.set_gro(offload);
  }
}

}  // namespace

absl::StatusOr<LinkChange> LinkChange::Apply(const std::string& address,
                                             const v1::Workload& workload, const Options& options) {
  LinkChange change;
  change.asked_ = workload;
  change.guard_ = options.guard;
  for (const LinkSetting setting : kSettings) {
    const std::optional<uint32_t> value = AskedOf(workload, setting);
    if (!value.has_value()) continue;
    if (change.interface_.empty()) {
      ASSIGN_OR_RETURN(change.interface_, InterfaceOf(address));
    }
    RETURN_IF_ERROR(change.Change(setting, *value, options));
  }
  return change;
}

absl::Status LinkChange::Change(LinkSetting setting, uint32_t value, const Options& options) {
  ASSIGN_OR_RETURN(const uint32_t found, ReadLink(interface_, setting));
  if (found == value) return absl::OkStatus();
  if (!options.permitted) {
    return absl::PermissionDeniedError(absl::StrCat(
        "the ", NameOf(setting), " of ", interface_, " is ", WordOf(setting, found), " and ",
        WordOf(setting, value),
        " was asked for; copycost-agent --allow-link-changes would have to permit it"));
  }
  // The guard first: between the two this process may be killed.
  if (guard_ != nullptr) RETURN_IF_ERROR(guard_->RestoreAtEnd({interface_, setting, found}));
  // Restored even if it fails: the kernel may have taken something else.
  changed_.push_back({.setting = setting, .value = found});
  return SetLink(interface_, setting, value);
}

LinkChange::LinkChange(LinkChange&& other) noexcept
    : interface_(std::move(other.interface_)),
      asked_(std::move(other.asked_)),
      changed_(std::exchange(other.changed_, {})),
      guard_(other.guard_) {}

LinkChange& LinkChange::operator=(LinkChange&& other) noexcept {
  Restore();
  interface_ = std::move(other.interface_);
  asked_ = std::move(other.asked_);
  changed_ = std::exchange(other.changed_, {});
  guard_ = other.guard_;
  return *this;
}

LinkChange::~LinkChange() { Restore(); }

void LinkChange::Restore() {
  for (; !changed_.empty(); changed_.pop_back()) {
    const Found& found = changed_.back();
    absl::Status restored = absl::OkStatus();
    const absl::StatusOr<uint32_t> now = ReadLink(interface_, found.setting);
    if (!now.ok() || *now != found.value) {
      restored = SetLink(interface_, found.setting, found.value);
    }
    if (restored.ok() && guard_ != nullptr) restored = guard_->Forget(interface_, found.setting);
    if (!restored.ok()) Log(restored.message());
  }
}

bool LinkChange::Carries() const { return changed_.empty() || IsRunning(interface_); }

absl::Status LinkChange::Echo(v1::Workload& applied) const {
  if (asked_.tso() != v1::OFFLOAD_UNSPECIFIED) applied.set_tso(v1::OFFLOAD_FOUND);
  applied.set_gro(v1::OFFLOAD_FOUND);
  for (const LinkSetting setting : kSettings) {
    if (!AskedOf(asked_, setting).has_value()) continue;
    ASSIGN_OR_RETURN(const uint32_t value, ReadLink(interface_, setting));
    Tell(setting, value, applied);
  }
  return absl::OkStatus();
}

}  // namespace copycost
