#include "agent/trial_slot.h"

#include "tests/testing/fake_clock.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::FakeClock;
using ::copycost::testing::StatusIs;
using ::testing::HasSubstr;

class TrialSlotTest : public ::testing::Test {
 protected:
  // What a runner that was told to stop says; DeadlineExceeded for one that was not, since no
  // Prepare comes.
  static absl::Status EndOf(TrialRunner& runner) { return runner.Run(); }

  TrialRunner::Options Nothing() {
    return {.admit = [](uint64_t) { return absl::OkStatus(); }, .emit = [](const v1::Event&) {}};
  }

  FakeClock clock_;
  Hold hold_{clock_};
  TrialSlot slot_{clock_, hold_};
  TrialRunner first_{clock_, Nothing()};
  TrialRunner second_{clock_, Nothing()};
};

TEST_F(TrialSlotTest, TakesOneTrialAtATime) {
  const uint64_t epoch = *hold_.Take("ann", "token of run 1  ");
  ASSERT_OK(slot_.Enter(epoch, first_));
  EXPECT_THAT(slot_.Enter(epoch, second_),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("one at a time")));
  slot_.Leave(first_);
  EXPECT_OK(slot_.Enter(epoch, second_));
}

TEST_F(TrialSlotTest, WaitsALittleForATrialThatIsEnding) {
  const uint64_t epoch = *hold_.Take("ann", "token of run 1  ");
  ASSERT_OK(slot_.Enter(epoch, first_));
  clock_.Schedule(clock_.Now() + absl::Milliseconds(900), [this] { slot_.Leave(first_); });
  EXPECT_OK(slot_.Enter(epoch, second_));
}

// Whoever has cancelled a trial may try again; it is not told that it asked for two at once.
TEST_F(TrialSlotTest, ATrialThatTakesLongToEndIsNoOtherTrial) {
  const uint64_t epoch = *hold_.Take("ann", "token of run 1  ");
  ASSERT_OK(slot_.Enter(epoch, first_));
  first_.Abort(absl::CancelledError("control was lost"));
  EXPECT_THAT(slot_.Enter(epoch, second_),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("still being stopped")));
  slot_.Leave(first_);
  EXPECT_OK(slot_.Enter(epoch, second_));
}

TEST_F(TrialSlotTest, AStaleEpochIsRefusedAtOnceAndClaimsNothing) {
  const uint64_t epoch = *hold_.Take("ann", "token of run 1  ");
  ASSERT_OK(slot_.Enter(epoch, first_));
  const absl::Time before = clock_.Now();
  EXPECT_THAT(slot_.Enter(epoch - 1, second_),
              StatusIs(absl::StatusCode::kAborted, HasSubstr("held by ann")));
  EXPECT_EQ(clock_.Now(), before);
  slot_.Leave(first_);
  EXPECT_THAT(slot_.Enter(epoch - 1, second_),
              StatusIs(absl::StatusCode::kAborted, HasSubstr("held by ann")));
  EXPECT_OK(slot_.Enter(epoch, second_));
}

TEST_F(TrialSlotTest, AHoldThatEndsWhileATrialWaitsRefusesIt) {
  const uint64_t epoch = *hold_.Take("ann", "token of run 1  ");
  ASSERT_OK(slot_.Enter(epoch, first_));
  clock_.Schedule(clock_.Now() + absl::Milliseconds(10), [&] { hold_.Release(epoch); });
  clock_.Schedule(clock_.Now() + absl::Milliseconds(20), [this] { slot_.Leave(first_); });
  EXPECT_THAT(slot_.Enter(epoch, second_),
              StatusIs(absl::StatusCode::kAborted, HasSubstr("nobody holds")));
}

TEST_F(TrialSlotTest, OneThatIsNotInDoesNotFreeItByLeaving) {
  const uint64_t epoch = *hold_.Take("ann", "token of run 1  ");
  ASSERT_OK(slot_.Enter(epoch, first_));
  slot_.Leave(second_);
  EXPECT_THAT(slot_.Enter(epoch, second_),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("one at a time")));
}

TEST_F(TrialSlotTest, TheEndOfAHoldStopsItsOwnTrialOnly) {
  const uint64_t epoch = *hold_.Take("ann", "token of run 1  ");
  ASSERT_OK(slot_.Enter(epoch, first_));
  slot_.AbortUnder(epoch - 1, absl::CancelledError("an earlier hold has ended"));
  slot_.AbortUnder(epoch, absl::CancelledError("the hold has ended"));
  EXPECT_THAT(EndOf(first_), StatusIs(absl::StatusCode::kCancelled, "the hold has ended"));
}

TEST_F(TrialSlotTest, WhoeverRunsCanBeStopped) {
  slot_.Abort(absl::CancelledError("nobody there"));
  ASSERT_OK(slot_.Enter(*hold_.Take("ann", "token of run 1  "), first_));
  slot_.Abort(absl::CancelledError("shutting down"));
  EXPECT_THAT(EndOf(first_), StatusIs(absl::StatusCode::kCancelled, "shutting down"));
}

}  // namespace
}  // namespace copycost
