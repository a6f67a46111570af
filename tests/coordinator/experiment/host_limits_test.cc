#include "coordinator/experiment/host_limits.h"

#include "common/words.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::testing::HasSubstr;

v1::Description AgentWithEverything() {
  v1::Description description;
  for (v1::SendMode mode : AllValues<v1::SendMode>()) {
    v1::SendModeState& state = *description.add_send_modes();
    state.set_mode(mode);
    state.mutable_state()->set_available(true);
  }
  for (v1::ReceiveMode mode : AllValues<v1::ReceiveMode>()) {
    v1::ReceiveModeState& state = *description.add_receive_modes();
    state.set_mode(mode);
    state.mutable_state()->set_available(true);
  }
  return description;
}

TEST(HostLimitsTest, NothingIsMissingWhereEverythingIsAvailable) {
  const HostLimits limits = LimitsOf(AgentWithEverything(), AgentWithEverything());
  EXPECT_TRUE(limits.missing_send_modes.empty());
  EXPECT_TRUE(limits.missing_receive_modes.empty());
  EXPECT_FALSE(limits.locked_memory_bytes);
}

TEST(HostLimitsTest, SendModesAndMemoryAreTheSendersReceiveModesTheReceivers) {
  v1::Description sender = AgentWithEverything();
  sender.set_locked_memory_bytes(0);
  sender.mutable_send_modes(2)->mutable_state()->set_available(false);
  sender.mutable_send_modes(2)->mutable_state()->set_reason("kernel too old");
  v1::Description receiver = AgentWithEverything();
  receiver.mutable_receive_modes(0)->mutable_state()->set_available(false);

  const HostLimits limits = LimitsOf(sender, receiver);
  EXPECT_EQ(limits.missing_send_modes.at(v1::SEND_MODE_ZERO_COPY), "kernel too old");
  EXPECT_EQ(limits.missing_receive_modes.count(v1::RECEIVE_MODE_RECV), 1u);
  EXPECT_EQ(limits.locked_memory_bytes, 0u);
  EXPECT_TRUE(LimitsOf(receiver, sender).missing_send_modes.empty());
}

TEST(HostLimitsTest, HugePagesAreMissingWhereEitherSideLacksThem) {
  v1::Description has = AgentWithEverything();
  for (v1::HugePages pages : {v1::HUGE_PAGES_TRANSPARENT, v1::HUGE_PAGES_RESERVED}) {
    v1::HugePagesState& state = *has.add_huge_pages();
    state.set_huge_pages(pages);
    state.mutable_state()->set_available(true);
  }
  EXPECT_TRUE(LimitsOf(has, has).missing_huge_pages.empty());
  v1::Description lacks = has;
  lacks.mutable_huge_pages(1)->mutable_state()->set_available(false);
  lacks.mutable_huge_pages(1)->mutable_state()->set_reason("none are set aside");
  for (const HostLimits& limits : {LimitsOf(has, lacks), LimitsOf(lacks, has)}) {
    ASSERT_EQ(limits.missing_huge_pages.size(), 1u);
    EXPECT_THAT(limits.missing_huge_pages.at(v1::HUGE_PAGES_RESERVED),
                HasSubstr("none are set aside"));
  }
  // An agent that does not speak of them is older than they are.
  EXPECT_EQ(LimitsOf(has, AgentWithEverything()).missing_huge_pages.size(), 2u);
}

TEST(HostLimitsTest, TheOtherSidesCountWhereBothSendAndReceive) {
  v1::Description sender = AgentWithEverything();
  sender.mutable_receive_modes(0)->mutable_state()->set_available(false);
  v1::Description receiver = AgentWithEverything();
  receiver.mutable_send_modes(2)->mutable_state()->set_available(false);
  receiver.set_locked_memory_bytes(1000);

  HostLimits limits = LimitsOf(sender, receiver);
  EXPECT_TRUE(limits.missing_send_modes.empty());
  EXPECT_TRUE(limits.missing_receive_modes.empty());
  EXPECT_EQ(limits.missing_send_modes_of_receiver.count(v1::SEND_MODE_ZERO_COPY), 1u);
  EXPECT_EQ(limits.missing_receive_modes_of_sender.count(v1::RECEIVE_MODE_RECV), 1u);

  v1::Workload stream, exchange;
  stream.set_pattern(v1::PATTERN_STREAM);
  exchange.set_pattern(v1::PATTERN_RR);
  EXPECT_EQ(LockedMemoryFor(stream, limits), std::nullopt);
  EXPECT_EQ(LockedMemoryFor(exchange, limits), 1000u);
  limits.locked_memory_bytes = 900;
  EXPECT_EQ(LockedMemoryFor(stream, limits), 900u);
  EXPECT_EQ(LockedMemoryFor(exchange, limits), 900u);
}

TEST(HostLimitsTest, AModeTheAgentDoesNotSpeakOfIsMissing) {
  const HostLimits limits = LimitsOf(v1::Description(), AgentWithEverything());
  EXPECT_THAT(limits.missing_send_modes.at(v1::SEND_MODE_TWO_COPY), HasSubstr("same version"));
}

v1::Description AgentOnUnix(bool zero_copy) {
  v1::Description agent = AgentWithEverything();
  v1::TransportState& told = *agent.add_transports();
  told.set_transport(v1::TRANSPORT_UNIX);
  told.mutable_state()->set_available(true);
  v1::SendModeState& mode = *told.add_send_modes();
  mode.set_mode(v1::SEND_MODE_ZERO_COPY);
  mode.mutable_state()->set_available(zero_copy);
  if (!zero_copy) mode.mutable_state()->set_reason("not over unix sockets: no such thing");
  return agent;
}

TEST(HostLimitsTest, ALocalTransportIsMissingBetweenTwoHosts) {
  v1::Description here = AgentOnUnix(true);
  v1::Description there = AgentOnUnix(true);
  EXPECT_EQ(LimitsOf(here, there).missing_transports.count(v1::TRANSPORT_UNIX), 0u);
  here.set_boot_id("a");
  there.set_boot_id("b");
  EXPECT_THAT(LimitsOf(here, there).missing_transports.at(v1::TRANSPORT_UNIX),
              HasSubstr("one host only"));
}

TEST(HostLimitsTest, ATransportThatEitherSideLacksIsMissingWithItsReason) {
  v1::Description lacking = AgentOnUnix(true);
  lacking.mutable_transports(0)->mutable_state()->set_available(false);
  lacking.mutable_transports(0)->mutable_state()->set_reason("forbidden");
  for (const HostLimits& limits :
       {LimitsOf(lacking, AgentOnUnix(true)), LimitsOf(AgentOnUnix(true), lacking)}) {
    EXPECT_THAT(limits.missing_transports.at(v1::TRANSPORT_UNIX), HasSubstr("forbidden"));
  }
  const HostLimits older = LimitsOf(AgentOnUnix(true), AgentWithEverything());
  EXPECT_THAT(older.missing_transports.at(v1::TRANSPORT_UNIX), HasSubstr("same version"));
  EXPECT_EQ(older.missing_transports.count(v1::TRANSPORT_TCP), 0u);
}

TEST(HostLimitsTest, AModeThatEitherSideLacksOverATransportIsMissingThere) {
  const HostLimits limits = LimitsOf(AgentOnUnix(true), AgentOnUnix(false));
  EXPECT_EQ(limits.missing_send_modes_over.size(), 1u);
  EXPECT_THAT(limits.missing_send_modes_over.at({v1::TRANSPORT_UNIX, v1::SEND_MODE_ZERO_COPY}),
              HasSubstr("no such thing"));
  EXPECT_TRUE(limits.missing_send_modes.empty());
}

}  // namespace
}  // namespace copycost
