#include "agent/trial_slot.h"

#include "common/status.h"

namespace copycost {
namespace {

// A trial that was cancelled takes a moment to end, and the next may be on its heels.
constexpr absl::Duration kWaitForPrevious = absl::Seconds(1);

}  // namespace

absl::Status TrialSlot::Enter(uint64_t epoch, TrialRunner& runner) {
  const absl::Time deadline = clock_.Now() + kWaitForPrevious;
  MutexLock lock(mutex_);
  while (true) {
    // Under the lock: a hold that ends after this look finds the runner in the slot.
    RETURN_IF_ERROR(hold_.Check(epoch));
    if (runner_ == nullptr) break;
    if (clock_.WaitUntil(mutex_, left_, deadline) || runner_ == nullptr) continue;
    if (runner_->aborted()) {
      return absl::UnavailableError("the trial before this one is still being stopped");
    }
    return absl::ResourceExhaustedError("another trial runs on this agent; it takes one at a time");
  }
  runner_ = &runner;
  epoch_ = epoch;
  return absl::OkStatus();
}

void TrialSlot::Leave(const TrialRunner& runner) {
  MutexLock lock(mutex_);
  if (runner_ != &runner) return;
  runner_ = nullptr;
  left_.notify_all();
}

void TrialSlot::AbortUnder(uint64_t epoch, const absl::Status& why) {
  MutexLock lock(mutex_);
  if (runner_ != nullptr && epoch_ == epoch) runner_->Abort(why);
}

void TrialSlot::AbortUnderOthers(uint64_t epoch, const absl::Status& why) {
  MutexLock lock(mutex_);
  if (runner_ != nullptr && epoch_ != epoch) runner_->Abort(why);
}

void TrialSlot::Abort(const absl::Status& why) {
  MutexLock lock(mutex_);
  if (runner_ != nullptr) runner_->Abort(why);
}

}  // namespace copycost
