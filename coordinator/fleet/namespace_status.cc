#include "coordinator/fleet/namespace_status.h"

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "common/status.h"

namespace copycost {
namespace {

constexpr char kPermitUserNamespaces[] =
    "; run as root, or permit user namespaces (sysctl user.max_user_namespaces above 0, "
    "kernel.unprivileged_userns_clone=1 and kernel.apparmor_restrict_unprivileged_userns=0, "
    "where they exist)";
constexpr char kPermitCalls[] =
    "; the capabilities are there, so a security profile forbids it (in a container: "
    "--security-opt seccomp=unconfined, or --privileged)";
constexpr char kRaiseLimits[] =
    "; raise the sysctls user.max_net_namespaces and user.max_pid_namespaces";

absl::string_view RemedyFor(int error, bool in_user_namespace) {
  switch (error) {
    case EPERM:
    case EACCES:
      return in_user_namespace ? kPermitUserNamespaces : kPermitCalls;
    case ENOSPC:
    case EUSERS:
      return in_user_namespace ? kPermitUserNamespaces : kRaiseLimits;
    case EINVAL:
      return "; it needs a kernel with network, PID and user namespaces";
    default:
      return "";
  }
}

}  // namespace

absl::Status NamespaceStatus(int error, absl::string_view call, bool in_user_namespace) {
  return absl::FailedPreconditionError(
      absl::StrCat(ErrnoStatus(error, call).message(), RemedyFor(error, in_user_namespace)));
}

}  // namespace copycost
