// What the client makes of an agent that takes a call and says nothing. That it understands one
// that answers is tested where there is an agent (tests/agent/agent_service_test.cc).
#include "coordinator/fleet/grpc_agent_client.h"

#include <sys/socket.h>

#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::StatusIs;
using ::testing::_;
using ::testing::HasSubstr;

// The other end of the socket is open, and nobody reads or writes there. What will never come is
// not waited for: the limit has passed when it begins.
class SilentAgentTest : public ::testing::Test {
 protected:
  SilentAgentTest() {
    int fds[2] = {-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    client_ = MakeGrpcAgentClient(UniqueFd(fds[0]), absl::ZeroDuration());
    silent_.Reset(fds[1]);
  }

  UniqueFd silent_;
  std::unique_ptr<AgentClient> client_;
};

TEST_F(SilentAgentTest, AHoldThatIsNotAnsweredIsGivenUp) {
  EXPECT_THAT(client_->Hold(v1::HoldRequest()).status(),
              StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("not answered within 0")));
}

TEST_F(SilentAgentTest, SoAreADescriptionAndAProbe) {
  EXPECT_THAT(client_->Describe(), StatusIs(absl::StatusCode::kDeadlineExceeded, _));
  EXPECT_THAT(client_->ProbeClock(1), StatusIs(absl::StatusCode::kDeadlineExceeded, _));
}

}  // namespace
}  // namespace copycost
