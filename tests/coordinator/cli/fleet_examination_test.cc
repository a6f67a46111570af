#include "coordinator/cli/fleet_examination.h"

#include <unistd.h>

#include <filesystem>

#include "common/check.h"
#include "tests/testing/capable_fleet.h"
#include "tests/testing/check_matchers.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

namespace fs = std::filesystem;
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
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FleetExaminationTest : public ::testing::Test {
 protected:
  FleetExaminationTest() {
    HaveEveryMode(topology_);
    std::string name = (fs::temp_directory_path() / "copycost-doctor-XXXXXX").string();
    directory_ = mkdtemp(name.data());
    how_.lock_host = [this] { return Lock(); };
  }
  ~FleetExaminationTest() override { fs::remove_all(directory_); }

  absl::StatusOr<HostLock> Lock() {
    return HostLock::TakeAt((directory_ / "lock").string(), "ann");
  }
  DoctorReport Examine() { return ExamineFleet(clock_, *topology_.Up(), how_); }

  static v1::Check Check(const std::string& name, const DoctorReport& report) {
    for (const Examined& part : report.parts) {
      v1::Check check = Named(name, part.checks);
      if (!check.name().empty()) return check;
    }
    return {};
  }
  static std::vector<std::string> Subjects(const DoctorReport& report) {
    std::vector<std::string> subjects;
    for (const Examined& part : report.parts) subjects.push_back(part.subject);
    return subjects;
  }

  FakeClock clock_;
  FakeTopology topology_{clock_};
  fs::path directory_;
  FleetExamination how_{.in_namespaces = true,
                        .tls = false,
                        .own_boot_id = kOwnBootId,
                        .holder = "doctor",
                        .lock_host = nullptr};
};

TEST_F(FleetExaminationTest, WhereDataGetsThroughARunCanBeMade) {
  const DoctorReport report = Examine();
  EXPECT_TRUE(report.can_run);
  EXPECT_EQ(report.verdict, "A run can be made.");
  EXPECT_THAT(Subjects(report), ElementsAre("this host", "sender", "receiver", "data path"));
  EXPECT_EQ(topology_.sender.attempts, PathsOfEveryMode());
}

TEST_F(FleetExaminationTest, LeavesAgentsAndHostFree) {
  Examine();
  EXPECT_EQ(topology_.sender.held, 0);
  EXPECT_EQ(topology_.receiver.held, 0);
  EXPECT_OK(Lock());
}

TEST_F(FleetExaminationTest, WhereNothingGetsThroughNoneCan) {
  topology_.sender.Play({{.end_at = Step::kConnect, .end = absl::UnavailableError("no route")}});
  const DoctorReport report = Examine();
  EXPECT_FALSE(report.can_run);
  EXPECT_THAT(report.verdict, HasSubstr("no data came"));
}

TEST_F(FleetExaminationTest, AnAgentWithoutTheDefaultCongestionControlIsNotAskedForIt) {
  *topology_.receiver.diagnosis->add_checks() =
      MissingCheck("congestion control cubic", "not listed", "sudo modprobe tcp_cubic");
  topology_.sender.Play(
      {{.bend_ready = [](v1::Ready& ready) { EXPECT_EQ(ready.applied().congestion(), "reno"); }}});
  const DoctorReport report = Examine();
  EXPECT_TRUE(report.can_run);
  EXPECT_EQ(report.verdict, "A run can be made with --congestion reno.");
}

TEST_F(FleetExaminationTest, AgentsThatAreHeldAreLeftAlone) {
  topology_.receiver.hold_status =
      absl::ResourceExhaustedError("this agent is held by bob since 20:00");
  const DoctorReport report = Examine();
  EXPECT_TRUE(report.can_run);
  EXPECT_THAT(report.verdict, AllOf(HasSubstr("not tried"), HasSubstr("bob")));
  EXPECT_THAT(Check("hold", report), Says(v1::CHECK_STATE_LIMITED, HasSubstr("held by bob"), _));
  EXPECT_EQ(topology_.sender.attempts, 0);
  EXPECT_EQ(topology_.sender.held, 0);
}

TEST_F(FleetExaminationTest, AHostThatIsMeasuredIsLeftAloneUnlessItIsShared) {
  const auto other = Lock();
  ASSERT_OK(other);
  const DoctorReport report = Examine();
  EXPECT_TRUE(report.can_run);
  EXPECT_THAT(Check("host lock", report),
              Says(v1::CHECK_STATE_LIMITED, HasSubstr("by ann"), HasSubstr("--share-host")));
  EXPECT_EQ(topology_.sender.attempts, 0);
  how_.lock_host = nullptr;
  EXPECT_EQ(Examine().verdict, "A run can be made.");
}

TEST_F(FleetExaminationTest, ALockThatCannotBeTakenKeepsRunsFromStarting) {
  how_.lock_host = []() -> absl::StatusOr<HostLock> {
    return absl::FailedPreconditionError("lock is not a plain file of its own; remove it");
  };
  const DoctorReport report = Examine();
  EXPECT_FALSE(report.can_run);
  EXPECT_THAT(Check("host lock", report),
              Says(v1::CHECK_STATE_MISSING, HasSubstr("plain file"), "remove it"));
}

TEST_F(FleetExaminationTest, AgentsOfOtherHostsDoNotNeedThisOne) {
  for (testing::FakeAgent* agent : {&topology_.sender, &topology_.receiver}) {
    agent->description.set_boot_id("elsewhere");
  }
  how_.in_namespaces = false;
  const DoctorReport report = Examine();
  EXPECT_THAT(Subjects(report), ElementsAre("sender", "receiver", "data path"));
  EXPECT_THAT(Check("hosts", report),
              Says(v1::CHECK_STATE_LIMITED, HasSubstr("on one host"), HasSubstr("two hosts")));
  topology_.receiver.description.set_boot_id("elsewhere-2");
  EXPECT_THAT(Check("hosts", Examine()), Says(v1::CHECK_STATE_OK, _, ""));
}

TEST_F(FleetExaminationTest, OneAgentThatIsGoneDoesNotHideTheOther) {
  topology_.sender.describe_status = absl::UnavailableError("refused");
  const DoctorReport report = Examine();
  EXPECT_FALSE(report.can_run);
  EXPECT_THAT(report.verdict, HasSubstr("agent sender: refused"));
  EXPECT_THAT(Subjects(report), ElementsAre("sender", "receiver"));
  EXPECT_EQ(report.parts[1].checks.size(), 3u);
}

TEST_F(FleetExaminationTest, WithoutAFleetThereIsOneCheck) {
  const DoctorReport report =
      WithoutFleet(true, absl::FailedPreconditionError("clone: no; run as root"));
  EXPECT_FALSE(report.can_run);
  EXPECT_THAT(Check("namespaces", report),
              Says(v1::CHECK_STATE_MISSING, "clone: no", "run as root"));
  EXPECT_THAT(report.verdict, HasSubstr("nothing else can be told"));
}

}  // namespace
}  // namespace copycost
