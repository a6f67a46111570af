// Every mode over unix sockets: those that work deliver what was sent, byte for byte, and account
// for it; the others say so before a byte is sent.
#include <map>
#include <string>

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

v1::Workload OverUnix(v1::SendMode send, v1::ReceiveMode receive) {
  v1::Workload workload = VerifiedWorkload(send);
  workload.set_transport(v1::TRANSPORT_UNIX);
  workload.clear_ip_version();
  workload.clear_congestion();
  workload.set_receive_mode(receive);
  if (DeliversNothing(receive)) workload.set_read(v1::READ_NONE);
  return workload;
}

v1::TransportState Unix() {
  const v1::Description description = HostInfo().Describe();
  for (const v1::TransportState& told : description.transports()) {
    if (told.transport() == v1::TRANSPORT_UNIX) return told;
  }
  return {};
}

// S + K of a message that is written anew each time.
uint64_t SenderCopies(v1::SendMode mode) {
  switch (mode) {
    case v1::SEND_MODE_TWO_COPY:
      return 2;
    case v1::SEND_MODE_VMSPLICE:
      return 0;
    default:
      return 1;
  }
}

TEST(UnixPathTest, EverySendModeDeliversAndCountsOrIsToldNotToWork) {
  const v1::TransportState told = Unix();
  ASSERT_TRUE(told.state().available()) << told.state().reason();
  ASSERT_GE(told.send_modes_size(), 6);
  for (const v1::SendModeState& entry : told.send_modes()) {
    SCOPED_TRACE(Label(entry.mode()));
    const v1::Workload workload = OverUnix(entry.mode(), v1::RECEIVE_MODE_RECV);
    const uint64_t bytes = workload.message_bytes() * workload.messages_per_flow();
    const FlowRun run = RunFlow({.workload = workload});
    // Nothing pins a sender's pages for a unix socket.
    EXPECT_EQ(entry.state().available(), !PinsBuffers(entry.mode())) << entry.state().reason();
    if (!entry.state().available()) {
      EXPECT_THAT(entry.state().reason(), HasSubstr("not over unix sockets: "));
      EXPECT_FALSE(run.sender.ok());
      continue;
    }
    ASSERT_OK(run.sender);
    ASSERT_OK(run.receiver);
    EXPECT_EQ(run.received.verified_bytes(), bytes);
    const v1::Evidence& sent = run.sent.evidence();
    EXPECT_EQ(sent.staged_bytes() + sent.kernel_copied_bytes(), SenderCopies(entry.mode()) * bytes);
    EXPECT_EQ(sent.delivery_copied_high_bytes(), 0u);
    EXPECT_EQ(run.received.evidence().receive_copied_bytes(), bytes);
  }
}

TEST(UnixPathTest, EveryReceiveModeTakesAllOrIsToldNotToWork) {
  const v1::TransportState told = Unix();
  const std::map<v1::ReceiveMode, bool> known = {{v1::RECEIVE_MODE_RECV, true},
                                                 {v1::RECEIVE_MODE_SCATTER, true},
                                                 {v1::RECEIVE_MODE_SPLICE_NULL, true},
                                                 {v1::RECEIVE_MODE_TRUNCATE, false},
                                                 {v1::RECEIVE_MODE_MAPPED, false}};
  ASSERT_GE(told.receive_modes_size(), 4);
  for (const v1::ReceiveModeState& entry : told.receive_modes()) {
    SCOPED_TRACE(Label(entry.mode()));
    const auto expected = known.find(entry.mode());
    if (expected != known.end()) {
      EXPECT_EQ(entry.state().available(), expected->second) << entry.state().reason();
    }
    const v1::Workload workload = OverUnix(v1::SEND_MODE_ONE_COPY, entry.mode());
    const uint64_t bytes = workload.message_bytes() * workload.messages_per_flow();
    const FlowRun run = RunFlow({.workload = workload});
    EXPECT_EQ(run.receiver.ok(), entry.state().available()) << run.receiver;
    if (!run.receiver.ok()) continue;
    ASSERT_OK(run.sender);
    EXPECT_EQ(run.received.total_bytes(), bytes);
    EXPECT_EQ(run.received.verified_bytes(), DeliversNothing(entry.mode()) ? 0 : bytes);
  }
}

TEST(UnixPathTest, SeveralFlowsOfOneThreadAllArrive) {
  const v1::TransportState told = Unix();
  for (const v1::SendModeState& entry : told.send_modes()) {
    if (!entry.state().available()) continue;
    SCOPED_TRACE(Label(entry.mode()));
    v1::Workload workload = OverUnix(entry.mode(), v1::RECEIVE_MODE_RECV);
    workload.set_flows_per_thread(4);
    for (const FlowRun& run : RunFlows({.workload = workload})) {
      ASSERT_OK(run.sender);
      ASSERT_OK(run.receiver);
      EXPECT_EQ(run.received.verified_bytes(),
                workload.message_bytes() * workload.messages_per_flow());
    }
  }
}

TEST(UnixPathTest, ExchangesGoBothWays) {
  v1::Workload workload = OverUnix(v1::SEND_MODE_TWO_COPY, v1::RECEIVE_MODE_RECV);
  workload.set_pattern(v1::PATTERN_RR);
  workload.set_response_bytes(4096);
  const FlowRun run = RunFlow({.workload = workload});
  ASSERT_OK(run.sender);
  ASSERT_OK(run.receiver);
  EXPECT_EQ(run.received.verified_bytes(), workload.messages_per_flow() * workload.message_bytes());
  EXPECT_EQ(run.sent.responses().verified_bytes(), workload.messages_per_flow() * 4096);
}

TEST(UnixPathTest, WhatTcpHasIsNeitherEchoedNorTold) {
  const FlowRun run =
      RunFlow({.workload = OverUnix(v1::SEND_MODE_TWO_COPY, v1::RECEIVE_MODE_RECV)});
  ASSERT_OK(run.sender);
  ASSERT_OK(run.receiver);
  for (const v1::Workload* echo : {&run.sender_echo, &run.receiver_echo}) {
    EXPECT_EQ(echo->transport(), v1::TRANSPORT_UNIX);
    EXPECT_EQ(echo->ip_version(), v1::IP_VERSION_UNSPECIFIED);
    EXPECT_EQ(echo->congestion(), "");
    EXPECT_EQ(echo->pacing_bits_per_s(), 0u);
  }
  for (const v1::FlowResult* end : {&run.sent, &run.received}) {
    EXPECT_FALSE(end->has_retransmitted_segments());
    EXPECT_FALSE(end->has_retransmitted_bytes());
  }
}

}  // namespace
}  // namespace copycost
