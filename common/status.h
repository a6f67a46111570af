// Helpers around absl::Status. Every OS failure is told as "call argument: errno text".
#ifndef COPYCOST_COMMON_STATUS_H_
#define COPYCOST_COMMON_STATUS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace copycost {

// The status of a failed system call, from errno as it is now: `what` names the call and its
// subject ("bind 127.0.0.1:80"). EPERM, EACCES -> PermissionDenied; ENOENT -> NotFound;
// ECONNREFUSED, ECONNRESET, EPIPE, ETIMEDOUT, EADDRINUSE ... -> Unavailable; EINVAL,
// EOPNOTSUPP and their like -> FailedPrecondition; EMFILE, ENFILE, ENOMEM, ENOBUFS ->
// ResourceExhausted; anything else -> Internal.
absl::Status ErrnoStatus(absl::string_view what);
absl::Status ErrnoStatus(int error, absl::string_view what);

// `status` with "context: " before its message. OK stays OK.
absl::Status Annotate(const absl::Status& status, absl::string_view context);

}  // namespace copycost

#define COPYCOST_CONCAT_INNER_(a, b) a##b
#define COPYCOST_CONCAT_(a, b) COPYCOST_CONCAT_INNER_(a, b)

#define RETURN_IF_ERROR(expression)                                         \
  do {                                                                      \
    if (absl::Status status_ = (expression); !status_.ok()) return status_; \
  } while (false)

#define ASSIGN_OR_RETURN(left, expression) \
  ASSIGN_OR_RETURN_(COPYCOST_CONCAT_(status_or_, __LINE__), left, expression)
#define ASSIGN_OR_RETURN_(temporary, left, expression) \
  auto temporary = (expression);                       \
  if (!temporary.ok()) return temporary.status();      \
  left = std::move(temporary).value()

#endif  // COPYCOST_COMMON_STATUS_H_
