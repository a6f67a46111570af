// One run at a time on a host: two would measure each other.
#ifndef COPYCOST_COORDINATOR_CLI_HOST_LOCK_H_
#define COPYCOST_COORDINATOR_CLI_HOST_LOCK_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/fd.h"

namespace copycost {

class HostLock {
 public:
  // Held until it is destroyed, or the process ends however it does (flock). `who` is told to
  // others that want it. ResourceExhausted names who holds it.
  static absl::StatusOr<HostLock> Take(absl::string_view who);

  // The same, at a path of one's own.
  static absl::StatusOr<HostLock> TakeAt(const std::string& path, absl::string_view who);

 private:
  explicit HostLock(UniqueFd file) : file_(std::move(file)) {}

  UniqueFd file_;
};

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_CLI_HOST_LOCK_H_
