#include "coordinator/fleet/agent_addresses.h"

#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(AgentAddressesTest, ControlAndDataAreAddressesOfTheirOwn) {
  const auto agents =
      ParseAgents("sender=127.0.0.1:7411/198.18.0.1/2001:2::1,receiver=[::1]:7412/198.18.0.2");
  ASSERT_OK(agents);
  ASSERT_EQ(agents->size(), 2u);
  EXPECT_EQ((*agents)[0].name, "sender");
  EXPECT_EQ((*agents)[0].control, "127.0.0.1:7411");
  EXPECT_EQ((*agents)[0].host, "127.0.0.1");
  EXPECT_EQ((*agents)[0].data_v4, "198.18.0.1");
  EXPECT_EQ((*agents)[0].data_v6, "2001:2::1");
  EXPECT_EQ((*agents)[1].control, "[::1]:7412");
  EXPECT_EQ((*agents)[1].host, "::1");
  EXPECT_EQ((*agents)[1].data_v4, "198.18.0.2");
  EXPECT_EQ((*agents)[1].data_v6, "");
}

TEST(AgentAddressesTest, WithoutADataAddressTheHostsOwnIsTaken) {
  const auto agents = ParseAgents("sender=127.0.0.1:1,receiver=[::1]:65535");
  ASSERT_OK(agents);
  EXPECT_EQ((*agents)[0].data_v4, "127.0.0.1");
  EXPECT_EQ((*agents)[0].data_v6, "");
  EXPECT_EQ((*agents)[1].data_v4, "");
  EXPECT_EQ((*agents)[1].data_v6, "::1");
}

TEST(AgentAddressesTest, TheSenderComesFirstHoweverTheyAreNamed) {
  const auto agents = ParseAgents("receiver=127.0.0.1:2,sender=127.0.0.1:1");
  ASSERT_OK(agents);
  EXPECT_EQ((*agents)[0].name, "sender");
  EXPECT_EQ((*agents)[0].control, "127.0.0.1:1");
}

TEST(AgentAddressesTest, RefusesTheRestByWhatIsWrong) {
  const struct {
    const char* text;
    const char* wrong;
  } cases[] = {
      {"", "neither sender="},
      {"127.0.0.1:7411", "neither sender="},
      {"sender=127.0.0.1:1", "one sender and one receiver"},
      {"sender=127.0.0.1:1,sender=127.0.0.1:2", "one sender and one receiver"},
      {"sender=127.0.0.1:1,receiver=127.0.0.1:2,receiver=127.0.0.1:3",
       "one sender and one receiver"},
      {"sender=127.0.0.1:1,receiver=127.0.0.1:1", "one agent for both roles"},
      // What is wrong with the words comes before any name is looked up.
      {"sender=no-such-host.invalid:1", "one sender and one receiver"},
      {"sender=127.0.0.1,receiver=127.0.0.1:2", "'127.0.0.1' is not HOST:PORT"},
      {"sender=:1,receiver=127.0.0.1:2", "is not HOST:PORT"},
      {"sender=127.0.0.1:0,receiver=127.0.0.1:2", "is not HOST:PORT"},
      {"sender=127.0.0.1:65536,receiver=127.0.0.1:2", "is not HOST:PORT"},
      {"sender=::1:7,receiver=127.0.0.1:2", "without brackets"},
      {"sender=127.0.0.1:1/eth0,receiver=127.0.0.1:2", "'eth0' is not a numeric IP address"},
      {"sender=127.0.0.1:1/224.0.0.1,receiver=127.0.0.1:2", "multicast"},
      {"sender=127.0.0.1:1/10.0.0.1/10.0.0.2,receiver=127.0.0.1:2", "second address"},
  };
  for (const auto& [text, wrong] : cases) {
    EXPECT_THAT(ParseAgents(text).status(),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(wrong)))
        << text;
  }
}

TEST(AgentAddressesTest, AHostThatIsNotFoundIsToldByItsName) {
  EXPECT_THAT(ParseAgents("sender=127.0.0.1:1,receiver=no-such-host.invalid:2").status(),
              StatusIs(absl::StatusCode::kUnavailable,
                       AllOf(HasSubstr("receiver"), HasSubstr("no-such-host.invalid"))));
}

}  // namespace
}  // namespace copycost
