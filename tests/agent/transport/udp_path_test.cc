// Every mode over UDP: those that work deliver what was sent, byte for byte, and account for it;
// the others say so before a byte is sent.
#include <string>

#include "absl/strings/str_cat.h"
#include "agent/host_info.h"
#include "common/mode_traits.h"
#include "common/words.h"
#include "tests/testing/flow_harness.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::FlowRun;
using ::copycost::testing::RunFlow;
using ::copycost::testing::RunFlows;
using ::copycost::testing::StatusIs;
using ::copycost::testing::VerifiedWorkload;
using ::testing::HasSubstr;

// The loopback device carries such messages whole; each is cut into twelve all the same.
constexpr uint32_t kSegment = 1400;

v1::Workload OverUdp(v1::SendMode send, v1::ReceiveMode receive) {
  v1::Workload workload = VerifiedWorkload(send);
  workload.set_transport(v1::TRANSPORT_UDP);
  workload.clear_congestion();
  workload.clear_nodelay();
  workload.clear_tso();
  workload.set_mss_bytes(kSegment);
  workload.set_receive_mode(receive);
  return workload;
}

v1::TransportState Udp() {
  const v1::Description description = HostInfo().Describe();
  for (const v1::TransportState& told : description.transports()) {
    if (told.transport() == v1::TRANSPORT_UDP) return told;
  }
  return {};
}

TEST(UdpPathTest, EverySendModeDeliversAndCountsOrIsToldNotToWork) {
  const v1::TransportState told = Udp();
  ASSERT_TRUE(told.state().available()) << told.state().reason();
  for (const v1::SendModeState& entry : told.send_modes()) {
    SCOPED_TRACE(Label(entry.mode()));
    EXPECT_EQ(entry.state().available(), !LendsPages(entry.mode())) << entry.state().reason();
    if (!entry.state().available()) {
      EXPECT_THAT(entry.state().reason(), HasSubstr("not over udp sockets: "));
      continue;
    }
    const v1::Workload workload = OverUdp(entry.mode(), v1::RECEIVE_MODE_RECV);
    const uint64_t bytes = workload.message_bytes() * workload.messages_per_flow();
    const FlowRun run = RunFlow({.workload = workload});
    ASSERT_OK(run.sender);
    ASSERT_OK(run.receiver);
    EXPECT_EQ(run.received.verified_bytes(), bytes);
    const v1::Evidence& sent = run.sent.evidence();
    if (PinsBuffers(entry.mode())) {
      EXPECT_EQ(sent.delivery_copied_low_bytes(), bytes);
      EXPECT_EQ(sent.delivery_copied_high_bytes(), bytes);
      EXPECT_EQ(sent.zero_copy_completions(), sent.zero_copy_sends());
    } else {
      EXPECT_EQ(sent.kernel_copied_bytes(), bytes);
    }
    EXPECT_EQ(run.received.evidence().receive_copied_bytes(), bytes);
  }
}

TEST(UdpPathTest, EveryReceiveModeTakesAllOrIsToldNotToWork) {
  const v1::TransportState told = Udp();
  for (const v1::ReceiveModeState& entry : told.receive_modes()) {
    SCOPED_TRACE(Label(entry.mode()));
    // What drops datagrams through a pipe is the kernel's to have or not.
    if (entry.mode() != v1::RECEIVE_MODE_SPLICE_NULL) {
      EXPECT_EQ(entry.state().available(), HasBuffers(entry.mode())) << entry.state().reason();
    }
    if (!entry.state().available()) continue;
    for (const uint32_t segment : {0u, kSegment, 2048u}) {  // of these the last is not joined
      v1::Workload workload = OverUdp(v1::SEND_MODE_ONE_COPY, entry.mode());
      workload.set_mss_bytes(segment);
      if (DeliversNothing(entry.mode())) workload.set_read(v1::READ_NONE);
      const FlowRun run = RunFlow({.workload = workload});
      ASSERT_OK(run.sender);
      ASSERT_OK(run.receiver);
      const uint64_t bytes = workload.message_bytes() * workload.messages_per_flow();
      EXPECT_EQ(run.received.total_bytes(), bytes);
      EXPECT_EQ(run.received.verified_bytes(), HasBuffers(entry.mode()) ? bytes : 0);
      EXPECT_EQ(run.sender_echo.mss_bytes(), segment);
    }
  }
}

// Each flow has credit of its own, and none waits for another's.
TEST(UdpPathTest, SeveralFlowsOfOneThreadAllArrive) {
  const v1::TransportState told = Udp();
  const auto run = [](v1::SendMode send, v1::ReceiveMode receive) {
    SCOPED_TRACE(absl::StrCat(Label(send), " to ", Label(receive)));
    v1::Workload workload = OverUdp(send, receive);
    workload.set_flows_per_thread(4);
    if (DeliversNothing(receive)) workload.set_read(v1::READ_NONE);
    const uint64_t bytes = workload.message_bytes() * workload.messages_per_flow();
    for (const FlowRun& run : RunFlows({.workload = workload})) {
      ASSERT_OK(run.sender);
      ASSERT_OK(run.receiver);
      EXPECT_EQ(run.received.total_bytes(), bytes);
      EXPECT_EQ(run.received.verified_bytes(), DeliversNothing(receive) ? 0 : bytes);
    }
  };
  for (const v1::SendModeState& entry : told.send_modes()) {
    if (entry.state().available()) run(entry.mode(), v1::RECEIVE_MODE_RECV);
  }
  for (const v1::ReceiveModeState& entry : told.receive_modes()) {
    if (entry.state().available()) run(v1::SEND_MODE_ZERO_COPY, entry.mode());
  }
}

TEST(UdpPathTest, ExchangesGoBothWays) {
  v1::Workload workload = OverUdp(v1::SEND_MODE_ZERO_COPY, v1::RECEIVE_MODE_RECV);
  workload.set_pattern(v1::PATTERN_RR);
  workload.set_response_bytes(4096);
  const FlowRun run = RunFlow({.workload = workload});
  ASSERT_OK(run.sender);
  ASSERT_OK(run.receiver);
  EXPECT_EQ(run.received.verified_bytes(), workload.messages_per_flow() * workload.message_bytes());
  EXPECT_EQ(run.sent.responses().verified_bytes(), workload.messages_per_flow() * 4096);
}

TEST(UdpPathTest, WhatTcpHasIsNeitherEchoedNorTold) {
  const FlowRun run = RunFlow({.workload = OverUdp(v1::SEND_MODE_TWO_COPY, v1::RECEIVE_MODE_RECV)});
  ASSERT_OK(run.sender);
  ASSERT_OK(run.receiver);
  for (const v1::Workload* echo : {&run.sender_echo, &run.receiver_echo}) {
    EXPECT_EQ(echo->transport(), v1::TRANSPORT_UDP);
    EXPECT_EQ(echo->ip_version(), v1::IP_VERSION_4);
    EXPECT_EQ(echo->congestion(), "");
    EXPECT_EQ(echo->nodelay(), v1::NODELAY_UNSPECIFIED);
  }
  EXPECT_FALSE(run.sent.has_retransmitted_segments());
}

}  // namespace
}  // namespace copycost
