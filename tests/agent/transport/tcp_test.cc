#include "agent/transport/tcp.h"

#include <sys/socket.h>

#include <string>
#include <thread>

#include "common/clock.h"
#include "tests/testing/blocking_io.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::ReceiveAll;
using ::copycost::testing::SendAll;
using ::copycost::testing::StatusIs;
using ::testing::HasSubstr;

constexpr char kLoopback[] = "127.0.0.1";

TEST(ReadTcpTest, CountsWhatWasSentAndTaken) {
  const SocketPair pair = *ConnectLoopbackPair();
  const auto before = ReadTcp(pair.client.get());
  ASSERT_OK(before);
  const std::string text(100'000, 'x');
  std::thread taking([&] { EXPECT_EQ(ReceiveAll(pair.server.get(), text.size()), text); });
  EXPECT_TRUE(SendAll(pair.client.get(), text));
  taking.join();
  const auto received = ReadTcp(pair.server.get());
  ASSERT_OK(received);
  EXPECT_EQ(received->received_bytes(), text.size());
  ::shutdown(pair.client.get(), SHUT_WR);
  ::shutdown(pair.server.get(), SHUT_WR);
  EXPECT_EQ(ReceiveAll(pair.client.get(), 1), "");  // all is acknowledged by now
  const auto after = ReadTcp(pair.client.get());
  ASSERT_OK(after);
  EXPECT_GE(after->acked_bytes() - before->acked_bytes(), text.size());
  EXPECT_GT(after->at_ns(), before->at_ns());
  EXPECT_GT(after->sent_segments(), before->sent_segments());
  EXPECT_GT(after->rtt_us(), 0u);
  EXPECT_GT(after->congestion_window_segments(), 0u);
}

TEST(ReadTcpTest, NoTcpHasNone) {
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_THAT(ReadTcp(socket.get()).status(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("TCP_INFO")));
}

// A peer whose buffer is small, and that takes nothing.
TEST(ReadTcpTest, KnowsWhatHoldsItBack) {
  const SocketPair pair = *ConnectLoopbackPair();
  const int small = 4096;
  ::setsockopt(pair.server.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
  const std::string much(1 << 20, 'x');
  ASSERT_GT(::send(pair.client.get(), much.data(), much.size(), MSG_DONTWAIT | MSG_NOSIGNAL),
            small);
  const absl::Time give_up = MonotonicTime() + absl::Seconds(10);
  absl::StatusOr<v1::TcpReading> tcp = ReadTcp(pair.client.get());
  while (tcp.ok() && tcp->receive_window_limited_ns() == 0 && MonotonicTime() < give_up) {
    tcp = ReadTcp(pair.client.get());
  }
  ASSERT_OK(tcp);
  EXPECT_GT(tcp->receive_window_limited_ns(), 0);
  EXPECT_GE(tcp->busy_ns(), tcp->receive_window_limited_ns());
}

class AcceptTest : public ::testing::Test {
 protected:
  UniqueFd Dial() {
    return *StartTcpConnect(kLoopback, kLoopback, *LocalPort(listener_.get()), {});
  }

  UniqueFd listener_ = *ListenTcp(kLoopback, {});
};

TEST_F(AcceptTest, DoesNotWaitBeyondItsDeadlineAndNamesTheCall) {
  EXPECT_THAT(AcceptTcpFrom(listener_.get(), 4711, MonotonicTime()),
              StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("accept")));
}

TEST_F(AcceptTest, PassesOverStrangers) {
  const UniqueFd stranger = Dial();
  const UniqueFd client = Dial();
  const auto accepted =
      AcceptTcpFrom(listener_.get(), *LocalPort(client.get()), MonotonicTime() + absl::Minutes(1));
  ASSERT_OK(accepted);
  ASSERT_OK(MakeBlocking(client.get()));
  ASSERT_EQ(::send(accepted->get(), "x", 1, MSG_NOSIGNAL), 1);
  char byte = 0;
  EXPECT_EQ(::recv(client.get(), &byte, 1, 0), 1);
  EXPECT_EQ(byte, 'x');
}

TEST_F(AcceptTest, SaysWhatIsWrongWithTheListener) {
  const UniqueFd no_listener(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  EXPECT_THAT(AcceptTcpFrom(no_listener.get(), 4711, MonotonicTime() + absl::Minutes(1)),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("accept")));
}

TEST(PacingTest, IsReadBackFromTheKernel) {
  const SocketPair pair = *ConnectLoopbackPair();
  v1::Workload workload;
  v1::AppliedEnd end;
  ASSERT_OK(PaceTcp(pair.client.get(), 0));
  ASSERT_OK(EchoTcp(pair.client.get(), 0, workload, end));
  EXPECT_EQ(workload.pacing_bits_per_s(), 0u);
  ASSERT_OK(PaceTcp(pair.client.get(), 40'000'000'000));
  ASSERT_OK(EchoTcp(pair.client.get(), 0, workload, end));
  EXPECT_EQ(workload.pacing_bits_per_s(), 40'000'000'000u);
}

// The two ends of a connection made with these options.
class OptionsTest : public ::testing::Test {
 protected:
  void Connect(const TcpOptions& options) {
    listener_ = *ListenTcp(kLoopback, options);
    client_ = *StartTcpConnect(kLoopback, kLoopback, *LocalPort(listener_.get()), options);
    server_ = *AcceptTcpFrom(listener_.get(), *LocalPort(client_.get()),
                             MonotonicTime() + absl::Minutes(1));
    ASSERT_OK(MakeBlocking(client_.get()));
  }
  // Of both ends, which must say the same.
  v1::Workload Echo(uint32_t asked_mss = 0) {
    v1::Workload client;
    v1::Workload server;
    EXPECT_OK(EchoTcp(client_.get(), asked_mss, client, end_));
    EXPECT_OK(EchoTcp(server_.get(), asked_mss, server, end_));
    EXPECT_EQ(client.DebugString(), server.DebugString());
    return client;
  }

  UniqueFd listener_;
  UniqueFd client_;
  UniqueFd server_;
  v1::AppliedEnd end_;
};

TEST_F(OptionsTest, WhatNobodySetIsToldAsNotSet) {
  Connect({});
  const v1::Workload echo = Echo();
  EXPECT_EQ(echo.send_buffer_bytes(), 0u);
  EXPECT_EQ(echo.receive_buffer_bytes(), 0u);
  EXPECT_EQ(echo.mss_bytes(), 0u);
  EXPECT_EQ(echo.nodelay(), v1::NODELAY_OFF);
  EXPECT_GT(end_.send_buffer_bytes(), 0u);
  EXPECT_GT(end_.mss_bytes(), 1000u);
}

TEST_F(OptionsTest, BuffersAreReadBackFromBothEnds) {
  Connect({.congestion = "", .send_buffer_bytes = 10'000, .receive_buffer_bytes = 30'000});
  const v1::Workload echo = Echo();
  EXPECT_EQ(echo.send_buffer_bytes(), 10'000u);
  EXPECT_EQ(echo.receive_buffer_bytes(), 30'000u);
  EXPECT_EQ(end_.receive_buffer_bytes(), 60'000u);
}

TEST_F(OptionsTest, ABufferThatTheHostCapsIsRefusedWithTheSetting) {
  const absl::StatusOr<UniqueFd> listener =
      ListenTcp(kLoopback, {.congestion = "", .send_buffer_bytes = 500 << 20});
  if (listener.ok()) return;  // CAP_NET_ADMIN goes past the cap, or the cap is as large
  EXPECT_THAT(listener.status(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("net.core.wmem_max")));
}

TEST_F(OptionsTest, TheSegmentSizeIsReadBackFromBothEnds) {
  Connect({.congestion = "", .mss_bytes = 1000});
  EXPECT_EQ(Echo(1000).mss_bytes(), 1000u);
  EXPECT_LE(end_.mss_bytes(), 1000u);  // without the options
  EXPECT_GE(end_.mss_bytes(), 960u);
}

TEST_F(OptionsTest, ASegmentThatThePathDoesNotCarryIsRefused) {
  Connect({.congestion = "", .mss_bytes = 1000});
  v1::Workload workload;
  EXPECT_THAT(EchoTcp(client_.get(), 1001, workload, end_),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("--mtu")));
}

TEST_F(OptionsTest, NodelayAndBusyPollAreReadBack) {
  Connect({});
  for (const int socket : {client_.get(), server_.get()}) ASSERT_OK(SetNodelay(socket, true));
  EXPECT_EQ(Echo().nodelay(), v1::NODELAY_ON);
  for (const int socket : {client_.get(), server_.get()}) ASSERT_OK(SetBusyPoll(socket, 0));
  EXPECT_EQ(Echo().busy_poll_us(), 0u);
  const absl::Status polls = SetBusyPoll(client_.get(), 50);
  if (!polls.ok()) {
    EXPECT_THAT(polls.message(), HasSubstr("SO_BUSY_POLL 50"));
    return;
  }
  ASSERT_OK(SetBusyPoll(server_.get(), 50));
  EXPECT_EQ(Echo().busy_poll_us(), 50u);
}

}  // namespace
}  // namespace copycost
