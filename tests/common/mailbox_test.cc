#include "common/mailbox.h"

#include <thread>

#include "tests/testing/fake_clock.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::FakeClock;
using ::copycost::testing::StatusIs;
using ::testing::_;

TEST(MailboxTest, GivesItemsInOrderEvenAfterItWasClosed) {
  FakeClock clock;
  Mailbox<int> mailbox(clock);
  mailbox.Push(1);
  mailbox.Push(2);
  mailbox.Close(absl::CancelledError("gone"));
  mailbox.Push(3);
  EXPECT_EQ(*mailbox.PopUntil(clock.Now()), 1);
  EXPECT_EQ(*mailbox.PopUntil(clock.Now()), 2);
  EXPECT_THAT(mailbox.PopUntil(clock.Now()), StatusIs(absl::StatusCode::kCancelled, "gone"));
}

TEST(MailboxTest, TheFirstReasonForClosingCounts) {
  FakeClock clock;
  Mailbox<int> mailbox(clock);
  mailbox.Close(absl::UnavailableError("first"));
  mailbox.Close(absl::CancelledError("second"));
  EXPECT_THAT(mailbox.PopUntil(clock.Now()), StatusIs(absl::StatusCode::kUnavailable, "first"));
}

TEST(MailboxTest, SaysWhenNothingCameInTime) {
  FakeClock clock;
  Mailbox<int> mailbox(clock);
  const absl::Time deadline = clock.Now() + absl::Seconds(1);
  EXPECT_THAT(mailbox.PopUntil(deadline), StatusIs(absl::StatusCode::kDeadlineExceeded, _));
  EXPECT_EQ(clock.Now(), deadline);
}

TEST(MailboxTest, WakesAWaitingReader) {
  RealClock clock;
  Mailbox<int> mailbox(clock);
  std::thread writer([&] { mailbox.Push(7); });
  EXPECT_EQ(*mailbox.PopUntil(absl::InfiniteFuture()), 7);
  writer.join();
}

}  // namespace
}  // namespace copycost
