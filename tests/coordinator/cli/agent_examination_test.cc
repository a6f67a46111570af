#include "coordinator/cli/agent_examination.h"

#include "tests/testing/check_matchers.h"
#include "tests/testing/fake_topology.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::FakeClock;
using ::copycost::testing::FakeTopology;
using ::copycost::testing::kOwnBootId;
using ::copycost::testing::Named;
using ::copycost::testing::Says;
using ::testing::_;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class AgentExaminationTest : public ::testing::Test {
 protected:
  ExaminedAgent Examine(const std::string& address, bool tls = false) {
    Fleet fleet = *topology_.Up();
    fleet[0].address = address;
    return ExamineAgent(std::move(fleet[0]), kOwnBootId, tls);
  }
  v1::Check Check(const std::string& name, const std::string& address = "namespace",
                  bool tls = false) {
    return Named(name, Examine(address, tls).checks);
  }

  FakeClock clock_;
  FakeTopology topology_{clock_};
};

TEST_F(AgentExaminationTest, AnAgentOfANamespaceIsFine) {
  for (const char* name : {"control channel", "version", "clock"}) {
    EXPECT_THAT(Check(name), Says(v1::CHECK_STATE_OK, _, "")) << name;
  }
}

TEST_F(AgentExaminationTest, ItsOwnChecksFollow) {
  v1::Check& check = *topology_.sender.diagnosis->add_checks();
  check.set_name("IPv6");
  check.set_state(v1::CHECK_STATE_MISSING);
  const ExaminedAgent examined = Examine("namespace");
  EXPECT_EQ(examined.checks.back().name(), "IPv6");
  ASSERT_TRUE(examined.agent.has_value());
  EXPECT_EQ(examined.agent->member.name, "sender");
  EXPECT_THAT(topology_.sender.diagnose_request.data_addresses(),
              ElementsAre("198.18.0.1", "2001:2::1"));
}

TEST_F(AgentExaminationTest, PlainTextIsForLoopback) {
  EXPECT_THAT(Check("control channel", "127.0.0.1:7411"),
              Says(v1::CHECK_STATE_OK, HasSubstr("127.0.0.1:7411, over loopback"), ""));
  EXPECT_THAT(Check("control channel", "[::1]:7411"), Says(v1::CHECK_STATE_OK, _, ""));
  EXPECT_THAT(Check("control channel", "host-a:7411"),
              Says(v1::CHECK_STATE_LIMITED, HasSubstr("plain text"), HasSubstr("--tls-ca")));
  EXPECT_THAT(Check("control channel", "host-a:7411", true),
              Says(v1::CHECK_STATE_OK, HasSubstr("mutual TLS"), ""));
}

TEST_F(AgentExaminationTest, OneThatCannotBeReachedSaysOnlyThat) {
  topology_.sender.describe_status = absl::UnavailableError("refused; last error: x");
  const ExaminedAgent examined = Examine("host-a:7411");
  EXPECT_FALSE(examined.agent.has_value());
  ASSERT_THAT(examined.checks, SizeIs(1));
  EXPECT_THAT(examined.checks[0],
              Says(v1::CHECK_STATE_MISSING, "agent sender: refused; last error: x",
                   HasSubstr("copycost-agent listens there")));
}

TEST_F(AgentExaminationTest, AnOlderAgentIsUsedAllTheSame) {
  topology_.sender.diagnosis = absl::UnimplementedError("");
  topology_.sender.description.set_version("0.0.9");
  EXPECT_TRUE(Examine("namespace").agent.has_value());
  EXPECT_THAT(Check("diagnosis"),
              Says(v1::CHECK_STATE_LIMITED, HasSubstr("older"), HasSubstr("same version")));
  EXPECT_THAT(Check("version"), Says(v1::CHECK_STATE_LIMITED, HasSubstr("0.0.9"), _));
}

TEST_F(AgentExaminationTest, OneThatDoesNotAnswerTheQuestionIsSaidToo) {
  topology_.sender.diagnosis = absl::DeadlineExceededError("no answer");
  EXPECT_THAT(Check("diagnosis"), Says(v1::CHECK_STATE_LIMITED, "no answer", _));
}

TEST_F(AgentExaminationTest, ClocksOfOtherHostsAreKnownWithinSomething) {
  topology_.sender.description.set_boot_id("elsewhere");
  topology_.sender.clock_offset =
      ClockOffset{.offset = absl::Seconds(1), .error = absl::Microseconds(40)};
  EXPECT_THAT(Check("clock"), Says(v1::CHECK_STATE_OK, HasSubstr("40us"), ""));
  topology_.sender.clock_offset->error = absl::Milliseconds(2);
  EXPECT_THAT(Check("clock"), Says(v1::CHECK_STATE_LIMITED, HasSubstr("2ms"), HasSubstr("nearer")));
}

}  // namespace
}  // namespace copycost
