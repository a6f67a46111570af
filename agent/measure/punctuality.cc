#include "agent/measure/punctuality.h"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

#include "common/status.h"

namespace copycost {
namespace {

constexpr uint64_t kSliceNs = 100'000;

// struct sched_attr as of Linux 3.14, whose header clashes with <sched.h>.
struct SchedulingAttributes {
  uint32_t size = 48;
  uint32_t policy = SCHED_OTHER;
  uint64_t flags = 1;  // SCHED_FLAG_RESET_ON_FORK
  int32_t nice = 0;
  uint32_t priority = 0;
  uint64_t runtime_ns = 0;
  uint64_t deadline_ns = 0;
  uint64_t period_ns = 0;
};

}  // namespace

absl::Status TakeRealTimePriority() {
  const sched_param lowest{.sched_priority = 1};
  if (::sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &lowest) == 0) {
    return absl::OkStatus();
  }
  return ErrnoStatus("sched_setscheduler SCHED_FIFO");
}

absl::Status TakeShortSlice() {
  const SchedulingAttributes asked{.runtime_ns = kSliceNs};
  if (::syscall(SYS_sched_setattr, 0, &asked, 0) != 0) return ErrnoStatus("sched_setattr");
  // A kernel that knows no slices takes the call, and forgets the value.
  SchedulingAttributes applied;
  if (::syscall(SYS_sched_getattr, 0, &applied, sizeof(applied), 0) != 0) {
    return ErrnoStatus("sched_getattr");
  }
  if (applied.runtime_ns == kSliceNs) return absl::OkStatus();
  return absl::FailedPreconditionError("sched_setattr: no slice is granted; it needs Linux 6.12");
}

}  // namespace copycost
