#include "common/clock.h"

#include <time.h>

#include <chrono>

#include "absl/time/clock.h"

namespace copycost {

int64_t MonotonicNanos() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

absl::Time MonotonicTime() { return absl::FromUnixNanos(MonotonicNanos()); }

absl::Time RealClock::Now() const { return MonotonicTime(); }

absl::Time RealClock::WallNow() const { return absl::Now(); }

bool RealClock::WaitUntil(Mutex& mutex, std::condition_variable& changed, absl::Time deadline) {
  std::unique_lock<std::mutex> lock(mutex.native(), std::adopt_lock);
  bool in_time = true;
  if (deadline == absl::InfiniteFuture()) {
    changed.wait(lock);
  } else {
    // libstdc++'s steady_clock is CLOCK_MONOTONIC.
    const std::chrono::steady_clock::time_point until{
        std::chrono::nanoseconds(absl::ToUnixNanos(deadline))};
    in_time = changed.wait_until(lock, until) == std::cv_status::no_timeout;
  }
  lock.release();  // the caller's lock goes on holding it
  return in_time;
}

}  // namespace copycost
