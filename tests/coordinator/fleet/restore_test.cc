#include "coordinator/fleet/restore.h"

#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "tests/testing/fake_topology.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::FakeClock;
using ::copycost::testing::FakeTopology;
using ::copycost::testing::StatusIs;
using ::testing::HasSubstr;

std::vector<std::string> KernelChanges(const v1::Description& before, const v1::Description& now) {
  if (before.kernel() == now.kernel()) return {};
  return {absl::StrCat("kernel ", now.kernel())};
}

class RestoreTest : public ::testing::Test {
 protected:
  RestoreTest() : agents_(*TakeInventory(*topology_.Up(), testing::kOwnBootId)) {
    EXPECT_OK(HoldAll(agents_, {}));
  }

  absl::Status Restore() {
    return RestoreAgents(agents_,
                         {.hold = {},
                          .deadline = clock_.Now() + absl::Seconds(60),
                          .changes = KernelChanges,
                          .interrupted = [this] { return ++asked_ > patience_; }},
                         clock_);
  }

  FakeClock clock_;
  FakeTopology topology_{clock_};
  std::vector<FleetAgent> agents_;
  int asked_ = 0;
  int patience_ = 1000;
};

TEST_F(RestoreTest, WaitsForEveryAgentAndHoldsItUnderANewEpoch) {
  topology_.receiver.away_until = clock_.Now() + absl::Seconds(30);
  EXPECT_OK(Restore());
  EXPECT_GE(clock_.Now(), topology_.receiver.away_until);
  for (const FleetAgent& agent : agents_) EXPECT_EQ(agent.lease->epoch(), 8u);
  EXPECT_EQ(topology_.sender.held, 1);
  EXPECT_EQ(topology_.receiver.held, 1);
}

TEST_F(RestoreTest, TakesAnAgentBackAfterAReboot) {
  topology_.sender.description.set_boot_id("boot-2");
  topology_.receiver.description.set_boot_id("boot-2");
  EXPECT_OK(Restore());
  EXPECT_EQ(agents_[0].description.boot_id(), "boot-2");
}

TEST_F(RestoreTest, GivesUpAtTheDeadlineAndNamesTheAgent) {
  topology_.receiver.away_until = absl::InfiniteFuture();
  EXPECT_THAT(Restore(), StatusIs(absl::StatusCode::kUnavailable,
                                  HasSubstr("agent receiver: has not come back: no answer")));
}

TEST_F(RestoreTest, GivesUpAtOnceWhenItIsInterrupted) {
  topology_.sender.away_until = absl::InfiniteFuture();
  patience_ = 2;
  const absl::Time began = clock_.Now();
  EXPECT_THAT(Restore(), StatusIs(absl::StatusCode::kCancelled, "interrupted"));
  EXPECT_LE(clock_.Now() - began, absl::Seconds(3));
}

TEST_F(RestoreTest, DoesNotGoOnWithAnotherHostOrBuild) {
  topology_.sender.description.set_kernel("6.2");
  EXPECT_THAT(Restore(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                  HasSubstr("agent sender: has come back as another (kernel 6.2")));
}

TEST_F(RestoreTest, DoesNotGoOnWithAgentsThatShareAHostWhereTheyDidNot) {
  agents_[0].description.set_boot_id("boot-0");
  EXPECT_THAT(Restore(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                  HasSubstr("come back on another host")));
}

TEST_F(RestoreTest, LooksAtWhoComesBackAsAtTheFirstTime) {
  topology_.sender.description.clear_boot_id();
  EXPECT_THAT(Restore(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                  HasSubstr("agent sender: it tells no boot id")));
}

TEST_F(RestoreTest, SaysWhoHoldsAnAgentByNow) {
  topology_.receiver.hold_status = absl::ResourceExhaustedError("held by ann");
  EXPECT_THAT(Restore(), StatusIs(absl::StatusCode::kResourceExhausted,
                                  HasSubstr("agent receiver: held by ann")));
}

TEST_F(RestoreTest, AnAgentThatIsGoneForGoodIsNotWaitedFor) {
  topology_.sender.describe_status = absl::FailedPreconditionError("is gone: Socket closed");
  const absl::Time began = clock_.Now();
  EXPECT_THAT(Restore(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("agent sender: is gone")));
  EXPECT_EQ(clock_.Now(), began);
}

}  // namespace
}  // namespace copycost
