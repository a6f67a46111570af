#include "agent/transport/tcp.h"

#include <sys/socket.h>

#include "common/clock.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::StatusIs;
using ::testing::HasSubstr;

constexpr char kHost[] = "127.0.0.1";

absl::Time Now() { return absl::FromUnixNanos(MonotonicNanos()); }

class AcceptTest : public ::testing::Test {
 protected:
  UniqueFd Dial() { return *StartTcpConnect(kHost, kHost, *LocalPort(listener_.get()), ""); }

  UniqueFd listener_ = *ListenTcp(kHost, "");
};

TEST_F(AcceptTest, DoesNotWaitBeyondItsDeadlineAndNamesTheCall) {
  EXPECT_THAT(AcceptTcpFrom(listener_.get(), 4711, Now()),
              StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("accept")));
}

TEST_F(AcceptTest, PassesOverStrangers) {
  const UniqueFd stranger = Dial();
  const UniqueFd client = Dial();
  const auto accepted =
      AcceptTcpFrom(listener_.get(), *LocalPort(client.get()), Now() + absl::Minutes(1));
  ASSERT_OK(accepted);
  ASSERT_OK(MakeBlocking(client.get()));
  ASSERT_EQ(::send(accepted->get(), "x", 1, MSG_NOSIGNAL), 1);
  char byte = 0;
  EXPECT_EQ(::recv(client.get(), &byte, 1, 0), 1);
  EXPECT_EQ(byte, 'x');
}

TEST_F(AcceptTest, SaysWhatIsWrongWithTheListener) {
  const UniqueFd no_listener(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  EXPECT_THAT(AcceptTcpFrom(no_listener.get(), 4711, Now() + absl::Minutes(1)),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("accept")));
}

TEST(PacingTest, IsReadBackFromTheKernel) {
  const TcpPair pair = *ConnectLoopbackPair();
  v1::Workload workload;
  v1::AppliedEnd end;
  ASSERT_OK(PaceTcp(pair.client.get(), 0));
  ASSERT_OK(EchoTcp(pair.client.get(), workload, end));
  EXPECT_EQ(workload.pacing_bits_per_s(), 0u);
  ASSERT_OK(PaceTcp(pair.client.get(), 40'000'000'000));
  ASSERT_OK(EchoTcp(pair.client.get(), workload, end));
  EXPECT_EQ(workload.pacing_bits_per_s(), 40'000'000'000u);
}

}  // namespace
}  // namespace copycost
