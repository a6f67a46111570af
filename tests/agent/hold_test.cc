#include "agent/hold.h"

#include "tests/testing/fake_clock.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::FakeClock;
using ::copycost::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr absl::StatusCode kStale = absl::StatusCode::kFailedPrecondition;

TEST(HoldTest, WhoHoldsItMayUseIt) {
  FakeClock clock;
  Hold hold(clock);
  const auto epoch = hold.Take("ann@a, run 1");
  ASSERT_OK(epoch);
  EXPECT_OK(hold.Check(*epoch));
}

TEST(HoldTest, TheSecondIsToldWhoHoldsItAndSinceWhen) {
  FakeClock clock;
  Hold hold(clock);
  ASSERT_OK(hold.Take("ann@a, run 1"));
  EXPECT_THAT(hold.Take("bob@b"),
              StatusIs(absl::StatusCode::kResourceExhausted,
                       AllOf(HasSubstr("ann@a, run 1"), HasSubstr("2025-10-09 08:53:20 UTC"))));
}

TEST(HoldTest, EpochsAreNeverGivenTwice) {
  FakeClock clock;
  Hold hold(clock);
  const uint64_t first = *hold.Take("ann");
  hold.Release(first);
  const uint64_t second = *hold.Take("bob");  // at the same time
  EXPECT_GT(second, first);
  EXPECT_THAT(hold.Check(first), StatusIs(kStale, HasSubstr("held by bob")));
  EXPECT_OK(hold.Check(second));
}

TEST(HoldTest, ARestartedAgentGivesEpochsThatTheFormerOneNeverGave) {
  FakeClock clock;
  const uint64_t former = *Hold(clock).Take("ann");
  clock.Advance(absl::Milliseconds(1));
  EXPECT_GT(*Hold(clock).Take("ann"), former);
}

TEST(HoldTest, NobodyMayUseWhatNobodyHolds) {
  FakeClock clock;
  Hold hold(clock);
  EXPECT_THAT(hold.Check(0), StatusIs(kStale, HasSubstr("nobody holds")));
  const uint64_t epoch = *hold.Take("ann");
  hold.Release(epoch);
  EXPECT_THAT(hold.Check(epoch), StatusIs(kStale, HasSubstr("nobody holds")));
}

TEST(HoldTest, TheEndOfAnEarlierHoldDoesNotEndThePresentOne) {
  FakeClock clock;
  Hold hold(clock);
  const uint64_t first = *hold.Take("ann");
  hold.Release(first);
  const uint64_t second = *hold.Take("bob");
  hold.Release(first);
  EXPECT_OK(hold.Check(second));
}

TEST(HoldTest, RefusesAHolderWithoutAUsableName) {
  FakeClock clock;
  Hold hold(clock);
  const auto refused = StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("holder"));
  EXPECT_THAT(hold.Take(""), refused);
  EXPECT_THAT(hold.Take(std::string(257, 'a')), refused);
  EXPECT_OK(hold.Take(std::string(256, 'a')));
}

}  // namespace
}  // namespace copycost
