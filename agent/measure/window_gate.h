// Start and stop of a trial, as its data threads see them. The trial runner advances; data threads
// wait on it before the start, and look at it on each pass (one relaxed load).
#ifndef COPYCOST_AGENT_MEASURE_WINDOW_GATE_H_
#define COPYCOST_AGENT_MEASURE_WINDOW_GATE_H_

#include <atomic>
#include <condition_variable>

#include "absl/time/time.h"
#include "common/clock.h"
#include "common/mutex.h"

namespace copycost {

// In order.
enum class Phase : int { kWaiting, kRunning, kStop };

class WindowGate {
 public:
  explicit WindowGate(Clock& clock) : clock_(clock) {}

  Phase phase() const { return phase_.load(std::memory_order_relaxed); }

  // Never goes back: an earlier phase than the present one changes nothing.
  void Advance(Phase phase);

  // Blocks while kWaiting.
  void AwaitStart();

 private:
  Clock& clock_;
  std::atomic<Phase> phase_ = Phase::kWaiting;
  Mutex mutex_;  // orders changes of phase_ for waiters
  std::condition_variable changed_;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_MEASURE_WINDOW_GATE_H_
