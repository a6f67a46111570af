#include "agent/send_modes/sender.h"

#include "absl/strings/str_cat.h"
#include "common/clock.h"
#include "common/status.h"

namespace copycost {

absl::Status Sender::Drain(absl::Time deadline) {
  RETURN_IF_ERROR(Reap());
  while (outstanding() > 0) {
    if (MonotonicTime() >= deadline) {
      return absl::DeadlineExceededError(absl::StrCat(
          outstanding(), " zero-copy sends were never completed: the kernel still owns buffers"));
    }
    RETURN_IF_ERROR(AwaitCompletions(deadline));
    RETURN_IF_ERROR(Reap());
  }
  return absl::OkStatus();
}

}  // namespace copycost
