#include "agent/transport/datagram_watch.h"

#include <sys/socket.h>

#include "agent/transport/unix_socket.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::StatusIs;
using ::testing::HasSubstr;

class DatagramWatchTest : public ::testing::Test {
 protected:
  DatagramWatch WatchOf(v1::Role role, const v1::Workload& workload) {
    const int control = role == v1::ROLE_SENDER ? pair_.client.get() : pair_.server.get();
    return DatagramWatch({{.flow = 3, .role = role, .control = control, .counters = &counters_}},
                         workload, start_);
  }

  static v1::Workload Stream() {
    v1::Workload workload;
    workload.set_pattern(v1::PATTERN_STREAM);
    return workload;
  }

  const absl::Time start_ = absl::FromUnixSeconds(100);
  SocketPair pair_ = *ConnectUnixPair();
  FlowCounters counters_;
};

TEST_F(DatagramWatchTest, ASenderGoesOnWhileItsReceiverTakes) {
  DatagramWatch sender = WatchOf(v1::ROLE_SENDER, Stream());
  DatagramWatch receiver = WatchOf(v1::ROLE_RECEIVER, Stream());
  absl::Time now = start_;
  for (int tick = 0; tick < 50; ++tick) {
    now = sender.due();
    counters_.bytes.Add(1000);
    ASSERT_OK(receiver.Tick(now));
    ASSERT_OK(sender.Tick(now));
  }
  EXPECT_GT(now - start_, absl::Seconds(4));
  // Nothing arrives any more.
  for (; now <= start_ + absl::Seconds(5.9); now = sender.due()) {
    ASSERT_OK(receiver.Tick(now));
    ASSERT_OK(sender.Tick(now));
  }
  ASSERT_OK(receiver.Tick(now + absl::Seconds(1)));
  EXPECT_THAT(sender.Tick(now + absl::Seconds(1)),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("flow 3")));
}

TEST_F(DatagramWatchTest, AReceiverThatIsGoneTellsNothing) {
  DatagramWatch sender = WatchOf(v1::ROLE_SENDER, Stream());
  pair_.server.Reset();
  EXPECT_OK(sender.Tick(start_ + absl::Seconds(1)));
  EXPECT_FALSE(sender.Tick(start_ + absl::Seconds(1.1)).ok());
}

TEST_F(DatagramWatchTest, AReceiverIsNotStoppedWhateverComes) {
  DatagramWatch receiver = WatchOf(v1::ROLE_RECEIVER, Stream());
  pair_.client.Reset();
  EXPECT_OK(receiver.Tick(start_ + absl::Seconds(60)));
  counters_.bytes.Add(1);
  EXPECT_OK(receiver.Tick(start_ + absl::Seconds(61)));
}

TEST_F(DatagramWatchTest, AnExchangeWithoutAnAnswerIsLossAndAPauseBetweenTwoIsNot) {
  v1::Workload workload;
  workload.set_pattern(v1::PATTERN_PACED);
  workload.set_rate(1);
  DatagramWatch client = WatchOf(v1::ROLE_SENDER, workload);
  EXPECT_OK(client.Tick(start_ + absl::Seconds(2)));
  EXPECT_THAT(client.Tick(start_ + absl::Seconds(2.1)),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("no answer")));
  counters_.bytes.Add(64);
  EXPECT_OK(client.Tick(start_ + absl::Seconds(2.2)));
  EXPECT_OK(client.Tick(start_ + absl::Seconds(4.2)));
}

TEST_F(DatagramWatchTest, AFlowThatHasEndedIsNotMissed) {
  v1::Workload workload;
  workload.set_pattern(v1::PATTERN_RR);
  DatagramWatch client = WatchOf(v1::ROLE_SENDER, workload);
  client.Forget(3);
  EXPECT_OK(client.Tick(start_ + absl::Seconds(60)));
}

}  // namespace
}  // namespace copycost
