// What a trial changes about its data interface, for as long as the trial lasts.
#ifndef COPYCOST_AGENT_LINK_LINK_CHANGE_H_
#define COPYCOST_AGENT_LINK_LINK_CHANGE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "agent/link/link_guard.h"

namespace copycost {

class LinkChange {
 public:
  struct Options {
    uint32_t mtu = 0;  // 0: as it is
    bool permitted = false;
    LinkGuard* guard = nullptr;  // told of the change before it is made; outlives this
  };

  // Of the interface that owns `address`. PermissionDenied for a change that is not permitted, by
  // the agent's owner or by the kernel; NotFound when no interface owns the address. A value that
  // the interface has already is no change.
  static absl::StatusOr<LinkChange> Apply(const std::string& address, const Options& options);

  // Restores what was found; a failure is logged.
  ~LinkChange();
  LinkChange(LinkChange&& other) noexcept;
  LinkChange& operator=(LinkChange&& other) noexcept;

  const std::string& interface() const { return interface_; }

  // Whether the link is there: some devices reset it to change the MTU. True without a change.
  bool Carries() const;

 private:
  LinkChange() = default;
  void Restore();

  std::string interface_;   // empty: none was looked for
  uint32_t found_mtu_ = 0;  // 0: nothing was changed
  LinkGuard* guard_ = nullptr;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_LINK_LINK_CHANGE_H_
