// A clock that advances instead of waiting: a wait with a deadline moves the time there at once, so
// code with deadlines is tested without sleeping. What is to happen meanwhile is scheduled, and
// runs on the waiting thread when a wait comes to its time. For one thread at a time that waits.
#ifndef COPYCOST_TESTS_TESTING_FAKE_CLOCK_H_
#define COPYCOST_TESTS_TESTING_FAKE_CLOCK_H_

#include <functional>
#include <map>
#include <utility>

#include "absl/time/time.h"
#include "common/clock.h"

namespace copycost::testing {

class FakeClock final : public Clock {
 public:
  absl::Time Now() const override { return now_; }
  absl::Time WallNow() const override { return wall_epoch_ + (now_ - start_); }
  bool WaitUntil(Mutex& mutex, std::condition_variable&, absl::Time deadline) override {
    if (!events_.empty() && events_.begin()->first <= deadline) {
      RunNext(mutex);
      return true;
    }
    if (deadline > now_) now_ = deadline;
    return false;
  }
  void Advance(absl::Duration by) { now_ += by; }

  // `event` runs once a wait reaches `when`; those of one instant in the order they were scheduled.
  void Schedule(absl::Time when, std::function<void()> event) {
    events_.emplace(when, std::move(event));
  }

 private:
  // The event may do what another thread could do while this one waits: take the mutex.
  void RunNext(Mutex& mutex) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    const auto [when, event] = *events_.begin();
    events_.erase(events_.begin());
    if (when > now_) now_ = when;
    mutex.Unlock();
    event();
    mutex.Lock();
  }

  const absl::Time start_ = absl::FromUnixSeconds(1000);
  const absl::Time wall_epoch_ = absl::FromUnixSeconds(1'760'000'000);
  absl::Time now_ = start_;
  std::multimap<absl::Time, std::function<void()>> events_;
};

}  // namespace copycost::testing

#endif  // COPYCOST_TESTS_TESTING_FAKE_CLOCK_H_
