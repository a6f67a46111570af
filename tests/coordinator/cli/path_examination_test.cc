#include "coordinator/cli/path_examination.h"

#include "tests/testing/capable_fleet.h"
#include "tests/testing/check_matchers.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::FakeClock;
using ::copycost::testing::FakeTopology;
using ::copycost::testing::HaveEveryMode;
using ::copycost::testing::kOwnBootId;
using ::copycost::testing::Named;
using ::copycost::testing::PathsOfEveryMode;
using ::copycost::testing::Says;
using ::copycost::testing::Step;
using ::testing::_;
using ::testing::AllOf;
using ::testing::HasSubstr;

class PathExaminationTest : public ::testing::Test {
 protected:
  PathExaminationTest() { HaveEveryMode(topology_); }

  ExaminedPaths Examine(bool in_namespaces = true) {
    std::vector<FleetAgent> agents = *TakeInventory(*topology_.Up(), kOwnBootId);
    EXPECT_OK(HoldAll(agents, v1::HoldRequest()));
    return ExaminePaths(clock_, agents, {.in_namespaces = in_namespaces, .congestion = "cubic"});
  }

  FakeClock clock_;
  FakeTopology topology_{clock_};
};

TEST_F(PathExaminationTest, EverySendModeIsTriedOverEveryIpVersion) {
  const ExaminedPaths paths = Examine();
  EXPECT_TRUE(paths.any);
  for (const char* name : {"IPv4, two-copy to recv", "IPv4, zero-copy to recv",
                           "IPv6, one-copy to recv", "IPv6, zero-copy to recv"}) {
    EXPECT_THAT(Named(name, paths.checks),
                Says(v1::CHECK_STATE_OK, HasSubstr("4 messages of 64K came whole"), ""))
        << name;
  }
}

TEST_F(PathExaminationTest, TellsWhatBecameOfZeroCopy) {
  topology_.sender.Play({{.bend_finished = [](v1::Finished& finished) {
    v1::Evidence& evidence = *finished.mutable_flows(0)->mutable_evidence();
    evidence.set_zero_copy_copied(evidence.zero_copy_sends());
  }}});
  EXPECT_THAT(Named("IPv4, zero-copy to recv", Examine().checks).found(),
              HasSubstr("the kernel copied every zero-copy send"));
}

TEST_F(PathExaminationTest, AModeThatIsMissingIsNotTried) {
  topology_.sender.description.mutable_send_modes(0)->mutable_state()->set_available(false);
  const ExaminedPaths paths = Examine();
  EXPECT_EQ(Named("IPv4, two-copy to recv", paths.checks).name(), "");
  EXPECT_EQ(topology_.sender.attempts, PathsOfEveryMode() - 2);
}

TEST_F(PathExaminationTest, LittleLockedMemoryMakesMessagesSmaller) {
  topology_.sender.description.set_locked_memory_bytes(64 << 10);
  const ExaminedPaths paths = Examine();
  EXPECT_THAT(Named("IPv4, zero-copy to recv", paths.checks).found(), HasSubstr("of 16K"));
  EXPECT_THAT(Named("IPv4, two-copy to recv", paths.checks).found(), HasSubstr("of 64K"));
}

TEST_F(PathExaminationTest, APathThatLeadsNowhereIsTriedOnceAnIpVersion) {
  topology_.sender.Play(
      {{.end_at = Step::kConnect, .end = absl::UnavailableError("connect 198.18.0.2: no route")}});
  const ExaminedPaths paths = Examine();
  EXPECT_FALSE(paths.any);
  EXPECT_EQ(topology_.sender.attempts, 2);
  EXPECT_THAT(Named("IPv4, two-copy to recv", paths.checks),
              Says(v1::CHECK_STATE_MISSING, HasSubstr("no route"),
                   AllOf(HasSubstr("198.18.0.1"), HasSubstr("198.18.0.2"), HasSubstr("firewall"))));
}

TEST_F(PathExaminationTest, ARefusalNamesWhatWouldPermitIt) {
  topology_.receiver.Play(
      {{.end_at = Step::kPrepare,
        .end = absl::PermissionDeniedError("not with 198.18.0.1; --allow would permit it")}});
  const ExaminedPaths paths = Examine();
  EXPECT_FALSE(paths.any);
  EXPECT_EQ(topology_.sender.attempts, PathsOfEveryMode());
  EXPECT_THAT(
      Named("IPv4, two-copy to recv", paths.checks),
      Says(v1::CHECK_STATE_MISSING, "receiver: not with 198.18.0.1", "--allow would permit it"));
}

TEST_F(PathExaminationTest, WrongBytesAreNotOk) {
  topology_.receiver.Play({{.bend_finished = [](v1::Finished& finished) {
    finished.mutable_flows(0)->set_verified_bytes(1);
  }}});
  const ExaminedPaths paths = Examine();
  EXPECT_FALSE(paths.any);
  EXPECT_THAT(Named("IPv4, one-copy to recv", paths.checks),
              Says(v1::CHECK_STATE_MISSING, HasSubstr("only 1 were verified"), _));
}

TEST_F(PathExaminationTest, AnIpVersionWithoutAddressesIsMissing) {
  topology_.has_ipv6 = false;
  const ExaminedPaths paths = Examine();
  EXPECT_TRUE(paths.any);
  EXPECT_THAT(
      Named("IPv6", paths.checks),
      Says(v1::CHECK_STATE_MISSING, HasSubstr("no such address"), HasSubstr("ipv6.disable=1")));
  EXPECT_THAT(Named("IPv6", Examine(false).checks).remedy(), HasSubstr("--agents"));
}

}  // namespace
}  // namespace copycost
