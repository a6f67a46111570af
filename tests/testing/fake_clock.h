// A clock that advances instead of waiting: a wait with a deadline moves the time there at once, so
// code with deadlines is tested without sleeping. For one thread at a time that waits.
#ifndef COPYCOST_TESTS_TESTING_FAKE_CLOCK_H_
#define COPYCOST_TESTS_TESTING_FAKE_CLOCK_H_

#include "absl/time/time.h"
#include "common/clock.h"

namespace copycost::testing {

class FakeClock final : public Clock {
 public:
  absl::Time Now() const override { return now_; }
  absl::Time WallNow() const override { return wall_epoch_ + (now_ - start_); }
  bool WaitUntil(Mutex&, std::condition_variable&, absl::Time deadline) override {
    if (deadline > now_) now_ = deadline;
    return false;
  }
  void Advance(absl::Duration by) { now_ += by; }

 private:
  const absl::Time start_ = absl::FromUnixSeconds(1000);
  const absl::Time wall_epoch_ = absl::FromUnixSeconds(1'760'000'000);
  absl::Time now_ = start_;
};

}  // namespace copycost::testing

#endif  // COPYCOST_TESTS_TESTING_FAKE_CLOCK_H_
