// Why a namespace could not be made, and what would permit it.
#ifndef COPYCOST_COORDINATOR_FLEET_NAMESPACE_STATUS_H_
#define COPYCOST_COORDINATOR_FLEET_NAMESPACE_STATUS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace copycost {

// FailedPrecondition for a call that makes or enters a namespace and failed with `error` (errno).
// `in_user_namespace`: it made a user namespace or relied on one, for want of privilege; then user
// namespaces are what has to be permitted where it was refused (EPERM, EACCES) or over a limit
// (ENOSPC, EUSERS).
absl::Status NamespaceStatus(int error, absl::string_view call, bool in_user_namespace);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_FLEET_NAMESPACE_STATUS_H_
