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

}  // namespace copycost
