// What a trial changes about its data interface, for as long as the trial lasts.
#ifndef COPYCOST_AGENT_LINK_LINK_CHANGE_H_
#define COPYCOST_AGENT_LINK_LINK_CHANGE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/link/link_guard.h"
#include "agent/link/link_setting.h"
#include "copycost/v1/experiment.pb.h"

namespace copycost {

class LinkChange {
 public:
  struct Options {
    bool permitted = false;
    LinkGuard* guard = nullptr;  // told of each change before it is made; outlives this
  };

  // What `workload` asks of the interface that owns `address`. PermissionDenied for a change that
  // is not permitted, by the agent's owner or by the kernel; NotFound when no interface owns the
  // address. A value that the interface has already is no change.
  static absl::StatusOr<LinkChange> Apply(const std::string& address, const v1::Workload& workload,
                                          const Options& options);

  // Restores what was found; a failure is logged.
  ~LinkChange();
  LinkChange(LinkChange&& other) noexcept;
  LinkChange& operator=(LinkChange&& other) noexcept;

  const std::string& interface() const { return interface_; }

  // Whether the link is there: some devices reset it to change the MTU. True without a change.
  bool Carries() const;

  // What the interface is set to, of what was asked.
  absl::Status Echo(v1::Workload& applied) const;

 private:
  struct Found {
    LinkSetting setting;
    uint32_t value;
  };

  LinkChange() = default;
  absl::Status Change(LinkSetting setting, uint32_t value, const Options& options);
  void Restore();

  std::string interface_;  // empty: none was looked for
  v1::Workload asked_;
  std::vector<Found> changed_;  // with what was found, in their order
  LinkGuard* guard_ = nullptr;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_LINK_LINK_CHANGE_H_
