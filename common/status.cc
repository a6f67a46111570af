#include "common/status.h"

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace copycost {
namespace {

absl::StatusCode CodeOf(int error) {
  switch (error) {
    case EPERM:
    case EACCES:
      return absl::StatusCode::kPermissionDenied;
    case ENOENT:
      return absl::StatusCode::kNotFound;
    case ECONNREFUSED:
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
    case ETIMEDOUT:
    case EADDRINUSE:
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
      return absl::StatusCode::kUnavailable;
    case EINVAL:
    case EOPNOTSUPP:
    case ENOSYS:
    case ENOPROTOOPT:
    case EPROTONOSUPPORT:
    case EAFNOSUPPORT:
    case EADDRNOTAVAIL:
    case ENODEV:
      return absl::StatusCode::kFailedPrecondition;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
      return absl::StatusCode::kResourceExhausted;
    default:
      return absl::StatusCode::kInternal;
  }
}

absl::string_view RemedyFor(int error) {
  return error == EMFILE ? "; raise the limit of open files (ulimit -n)" : "";
}

}  // namespace

absl::Status ErrnoStatus(int error, absl::string_view what) {
  return absl::Status(CodeOf(error),
                      absl::StrCat(what, ": ", std::strerror(error), RemedyFor(error)));
}

absl::Status ErrnoStatus(absl::string_view what) { return ErrnoStatus(errno, what); }

absl::Status Annotate(const absl::Status& status, absl::string_view context) {
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(context, ": ", status.message()));
}

}  // namespace copycost
