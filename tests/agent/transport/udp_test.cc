#include "agent/transport/udp.h"

#include <sys/socket.h>

#include <string>
#include <thread>

#include "absl/time/clock.h"
#include "agent/receive_modes/receive_modes.h"
#include "agent/transport/inet_socket.h"
#include "common/clock.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::StatusIs;
using ::testing::HasSubstr;

absl::Time In(absl::Duration duration) { return MonotonicTime() + duration; }

TEST(SegmentTest, FillsAPacketOfTheInterface) {
  EXPECT_EQ(SegmentOf(8192, 0, 1500, v1::IP_VERSION_4), 1472u);
  EXPECT_EQ(SegmentOf(8192, 0, 1500, v1::IP_VERSION_6), 1452u);
  EXPECT_EQ(SegmentOf(1472, 0, 1500, v1::IP_VERSION_4), 0u);  // one that fits is not cut
  EXPECT_EQ(SegmentOf(8192, 500, 1500, v1::IP_VERSION_4), 500u);
}

// So that each has a smaller last one, at which the kernel stops to join.
TEST(SegmentTest, NeverFillsAMessageEvenly) {
  for (uint32_t mtu : {1280u, 1500u, 9000u}) {
    for (uint64_t message = 1; message <= 65507; ++message) {
      const uint32_t segment = SegmentOf(message, 0, mtu, v1::IP_VERSION_4);
      if (segment == 0) continue;
      ASSERT_NE(message % segment, 0u) << message << " at " << mtu;
      ASSERT_TRUE(JoinsWithinMessages(message, segment));
    }
  }
  EXPECT_FALSE(JoinsWithinMessages(1000, 500));
  EXPECT_FALSE(JoinsWithinMessages(500, 1000));
  EXPECT_FALSE(JoinsWithinMessages(500, 0));
}

TEST(SegmentTest, WhatAnInterfaceOrTheKernelDoesNotCarryIsRefusedByName) {
  v1::DataInterface interface;
  interface.set_name("eth7");
  interface.set_mtu(1500);
  EXPECT_OK(CheckSegment(8192, 1472, interface, v1::IP_VERSION_4));
  EXPECT_THAT(CheckSegment(8192, 1473, interface, v1::IP_VERSION_4),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("eth7 carries 1472")));
  EXPECT_THAT(CheckSegment(65507, 100, interface, v1::IP_VERSION_4),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("--mss")));
}

class UdpPairTest : public ::testing::Test {
 protected:
  v1::FlowEnd EndOf(char own, char peers) {
    v1::FlowEnd end;
    end.set_nonce(std::string(16, own));
    end.set_peer_nonce(std::string(16, peers));
    return end;
  }

  SocketPair pair_ = *ConnectUdpPair();
};

TEST_F(UdpPairTest, EndsGreetEachOtherAndTellHowTheyCut) {
  absl::StatusOr<uint32_t> heard;
  std::thread receiver(
      [&] { heard = GreetUdp(pair_.server.get(), EndOf('r', 's'), /*begins=*/false, 700); });
  const auto answered = GreetUdp(pair_.client.get(), EndOf('s', 'r'), /*begins=*/true, 1400);
  receiver.join();
  ASSERT_OK(answered);
  ASSERT_OK(heard);
  EXPECT_EQ(*answered, 700u);
  EXPECT_EQ(*heard, 1400u);
}

TEST_F(UdpPairTest, WhatElseIsSaidIsPassedOver) {
  for (const std::string& noise :
       {std::string("?"), std::string(20, 'x'), std::string(2000, 's')}) {
    ASSERT_EQ(::send(pair_.client.get(), noise.data(), noise.size(), 0),
              static_cast<ssize_t>(noise.size()));
  }
  absl::StatusOr<uint32_t> heard;
  std::thread receiver(
      [&] { heard = GreetUdp(pair_.server.get(), EndOf('r', 's'), /*begins=*/false, 0); });
  EXPECT_OK(GreetUdp(pair_.client.get(), EndOf('s', 'r'), /*begins=*/true, 9));
  receiver.join();
  ASSERT_OK(heard);
  EXPECT_EQ(*heard, 9u);
}

TEST_F(UdpPairTest, WhoDoesNotAnswerIsNotFlooded) {
  EXPECT_THAT(GreetUdp(pair_.client.get(), EndOf('s', 'r'), /*begins=*/true, 0),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("greeting")));
  char byte;
  EXPECT_EQ(::recv(pair_.server.get(), &byte, 1, MSG_DONTWAIT), 1);
  EXPECT_EQ(::recv(pair_.server.get(), &byte, 1, MSG_DONTWAIT), -1);  // one greeting, no more
}

// However often the wait is looked at: what was shut down is readable for good.
TEST_F(UdpPairTest, AnAbortEndsTheWaitForAGreeting) {
  absl::StatusOr<uint32_t> heard;
  std::thread receiver(
      [&] { heard = GreetUdp(pair_.server.get(), EndOf('r', 's'), /*begins=*/false, 0); });
  AbortDatagrams(pair_.server.get());  // before or while it waits
  receiver.join();
  EXPECT_THAT(heard, StatusIs(absl::StatusCode::kUnavailable, HasSubstr("stopped")));
}

TEST_F(UdpPairTest, TheEndIsToldUntilItIsHeard) {
  // What the receiver has said meanwhile is no answer.
  ASSERT_EQ(::send(pair_.server_control.get(), "words", 5, 0), 5);
  std::thread receiver([&] {
    char byte;
    for (int words = 0; words < 3; ++words) {
      EXPECT_EQ(::recv(pair_.server.get(), &byte, 1, 0), 0);
    }
    ::shutdown(pair_.server_control.get(), SHUT_WR);
  });
  EXPECT_OK(EndDatagrams(pair_.client.get(), pair_.client_control.get(), In(absl::Minutes(1))));
  receiver.join();
}

TEST_F(UdpPairTest, AnEndThatNobodyHearsIsNotWaitedForForever) {
  EXPECT_THAT(
      EndDatagrams(pair_.client.get(), pair_.client_control.get(), In(absl::Milliseconds(20))),
      StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("end of the stream")));
}

// A ring waits for datagrams differently from a system call.
class EveryDatagramReceiver : public ::testing::TestWithParam<v1::ReceiveMode> {};

TEST_P(EveryDatagramReceiver, ComesBackWhenTheFlowIsAborted) {
  const SocketPair pair = *ConnectUdpPair();
  for (const ReceiveModeRow& row : ReceiveModes()) {
    if (row.mode != GetParam()) continue;
    if (const absl::Status probed = row.probe(); !probed.ok()) GTEST_SKIP() << probed.message();
  }
  absl::StatusOr<Arrival> arrival;
  std::thread thread([&] {
    FlowCounters counters;
    const std::unique_ptr<Sink> sink = *MakeSink(v1::READ_NONE, 0);
    const std::unique_ptr<Receiver> receiver = *MakeReceiver(GetParam());
    ASSERT_OK(receiver->Open({.message_bytes = 100,
                              .fields = 1,
                              .ring_depth = 0,
                              .path = DataPath::kLocalDelivery,
                              .counters = counters},
                             pair.server.get(), *sink));
    ASSERT_OK(receiver->Receive());  // it is there
    arrival = receiver->Receive();
  });
  ASSERT_EQ(::send(pair.client.get(), "x", 1, 0), 1);
  absl::SleepFor(absl::Milliseconds(20));  // most likely in the second call; either way it ends
  AbortDatagrams(pair.server.get());
  thread.join();
  EXPECT_TRUE(!arrival.ok() || arrival->end_of_stream);
}

INSTANTIATE_TEST_SUITE_P(UdpTest, EveryDatagramReceiver,
                         ::testing::Values(v1::RECEIVE_MODE_RECV, v1::RECEIVE_MODE_SCATTER,
                                           v1::RECEIVE_MODE_URING_RECV,
                                           v1::RECEIVE_MODE_URING_RECV_MULTISHOT),
                         [](const auto& info) { return v1::ReceiveMode_Name(info.param); });

}  // namespace
}  // namespace copycost
