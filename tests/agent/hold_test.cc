#include "agent/hold.h"

#include "tests/testing/fake_clock.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::FakeClock;
using ::copycost::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr absl::StatusCode kStale = absl::StatusCode::kAborted;

TEST(HoldTest, WhoHoldsItMayUseIt) {
  FakeClock clock;
  Hold hold(clock);
  const auto epoch = hold.Take("ann@a, run 1", "token of run 1  ");
  ASSERT_OK(epoch);
  EXPECT_OK(hold.Check(*epoch));
}

TEST(HoldTest, TheSecondIsToldWhoHoldsItAndSinceWhen) {
  FakeClock clock;
  Hold hold(clock);
  ASSERT_OK(hold.Take("ann@a, run 1", "token of run 1  "));
  EXPECT_THAT(hold.Take("bob@b", "token of run 2  "),
              StatusIs(absl::StatusCode::kResourceExhausted,
                       AllOf(HasSubstr("ann@a, run 1"), HasSubstr("2025-10-09 08:53:20 UTC"))));
}

TEST(HoldTest, EpochsAreNeverGivenTwice) {
  FakeClock clock;
  Hold hold(clock);
  const uint64_t first = *hold.Take("ann", "token of run 1  ");
  hold.Release(first);
  const uint64_t second = *hold.Take("bob", "token of run 2  ");  // at the same time
  EXPECT_GT(second, first);
  EXPECT_THAT(hold.Check(first), StatusIs(kStale, HasSubstr("held by bob")));
  EXPECT_OK(hold.Check(second));
}

TEST(HoldTest, ARestartedAgentGivesEpochsThatTheFormerOneNeverGave) {
  FakeClock clock;
  const uint64_t former = *Hold(clock).Take("ann", "token of run 1  ");
  clock.Advance(absl::Milliseconds(1));
  EXPECT_GT(*Hold(clock).Take("ann", "token of run 1  "), former);
}

TEST(HoldTest, NobodyMayUseWhatNobodyHolds) {
  FakeClock clock;
  Hold hold(clock);
  EXPECT_THAT(hold.Check(0), StatusIs(kStale, HasSubstr("nobody holds")));
  const uint64_t epoch = *hold.Take("ann", "token of run 1  ");
  hold.Release(epoch);
  EXPECT_THAT(hold.Check(epoch), StatusIs(kStale, HasSubstr("nobody holds")));
}

TEST(HoldTest, TheEndOfAnEarlierHoldDoesNotEndThePresentOne) {
  FakeClock clock;
  Hold hold(clock);
  const uint64_t first = *hold.Take("ann", "token of run 1  ");
  hold.Release(first);
  const uint64_t second = *hold.Take("bob", "token of run 2  ");
  hold.Release(first);
  EXPECT_OK(hold.Check(second));
}

TEST(HoldTest, RefusesAHolderWithoutAUsableName) {
  FakeClock clock;
  Hold hold(clock);
  const auto refused = StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("holder"));
  EXPECT_THAT(hold.Take("", "token of run 1  "), refused);
  EXPECT_THAT(hold.Take(std::string(257, 'a'), "token of run 1  "), refused);
  EXPECT_OK(hold.Take(std::string(256, 'a'), "token of run 1  "));
}

TEST(HoldTest, RefusesATokenThatIsNone) {
  FakeClock clock;
  Hold hold(clock);
  const auto refused = StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("token"));
  EXPECT_THAT(hold.Take("ann", ""), refused);
  EXPECT_THAT(hold.Take("ann", std::string(17, 'a')), refused);
}

TEST(HoldTest, WhoHasItsTokenTakesItOver) {
  FakeClock clock;
  Hold hold(clock);
  const uint64_t killed = *hold.Take("ann, process 1", "token of run 1  ");
  const auto resumed = hold.Take("ann, process 2", "token of run 1  ");
  ASSERT_OK(resumed);
  EXPECT_THAT(hold.Check(killed), StatusIs(kStale, HasSubstr("held by ann, process 2")));
  hold.Release(killed);
  EXPECT_OK(hold.Check(*resumed));
}

}  // namespace
}  // namespace copycost
