// Restores interfaces when the agent ends while one is changed, even by kill -9: a process of its
// own, which waits for the agent's end and knows what to do then.
//
//   ASSIGN_OR_RETURN(auto guard, LinkGuard::Start());     // while the process has one thread
//   RETURN_IF_ERROR(guard->RestoreAtEnd({"eth1", LinkSetting::kMtu, 1500}));
//   ... change it, use it, restore it ...
//   RETURN_IF_ERROR(guard->Forget("eth1", LinkSetting::kMtu));
#ifndef COPYCOST_AGENT_LINK_LINK_GUARD_H_
#define COPYCOST_AGENT_LINK_LINK_GUARD_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/link/link_setting.h"
#include "common/fd.h"

namespace copycost {

class LinkGuard {
 public:
  struct Link {
    std::string interface;
    LinkSetting setting;
    uint32_t value;
  };

  // Forks. The child lives in the network namespace of the caller and ends with it.
  static absl::StatusOr<std::unique_ptr<LinkGuard>> Start();

  // Lets the child restore what is left, and waits for its end.
  ~LinkGuard();

  // OK once the child knows. One thread at a time.
  absl::Status RestoreAtEnd(const Link& link);
  absl::Status Forget(const std::string& interface, LinkSetting setting);

 private:
  LinkGuard(pid_t child, UniqueFd channel) : child_(child), channel_(std::move(channel)) {}
  absl::Status Tell(const Link& link, bool restore);

  const pid_t child_;
  UniqueFd channel_;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_LINK_LINK_GUARD_H_
