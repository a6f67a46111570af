// The time source, injected everywhere time matters. Instants are absl::Time on the scale of
// CLOCK_MONOTONIC: only differences and comparisons mean anything, ToUnixNanos gives the clock's
// own nanoseconds (as the protos carry them), absl::FromUnixNanos turns those back.
//
// RealClock is the one of the product. tests/testing/fake_clock.h advances instead of waiting.
#ifndef COPYCOST_COMMON_CLOCK_H_
#define COPYCOST_COMMON_CLOCK_H_

#include <condition_variable>
#include <cstdint>

#include "absl/time/time.h"
#include "common/mutex.h"

namespace copycost {

// CLOCK_MONOTONIC, for the data path, where a virtual call and a conversion would be felt.
int64_t MonotonicNanos();

// The same, where neither would be.
absl::Time MonotonicTime();

class Clock {
 public:
  virtual ~Clock() = default;

  virtual absl::Time Now() const = 0;

  // Calendar time, for records.
  virtual absl::Time WallNow() const = 0;

  // Waits on `changed` until notified or `deadline` (absl::InfiniteFuture() waits for good); may
  // return early, so callers loop on their condition. `mutex` is held before and after. False when
  // the deadline has passed.
  virtual bool WaitUntil(Mutex& mutex, std::condition_variable& changed, absl::Time deadline)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) = 0;
};

class RealClock final : public Clock {
 public:
  absl::Time Now() const override;
  absl::Time WallNow() const override;
  bool WaitUntil(Mutex& mutex, std::condition_variable& changed, absl::Time deadline) override;
};

}  // namespace copycost

#endif  // COPYCOST_COMMON_CLOCK_H_
