#include "agent/measure/window_gate.h"

namespace copycost {

void WindowGate::Advance(Phase phase) {
  MutexLock lock(mutex_);
  if (phase > phase_.load(std::memory_order_relaxed)) phase_.store(phase);
  changed_.notify_all();
}

void WindowGate::AwaitStart() {
  MutexLock lock(mutex_);
  while (phase() == Phase::kWaiting) {
    clock_.WaitUntil(mutex_, changed_, absl::InfiniteFuture());
  }
}

void WindowGate::Notify() {
  MutexLock lock(mutex_);
  changed_.notify_all();
}

void WindowGate::Await(const std::function<bool()>& condition, absl::Time deadline) {
  MutexLock lock(mutex_);
  while (!condition() && clock_.WaitUntil(mutex_, changed_, deadline)) {
  }
}

}  // namespace copycost
