#include "coordinator/experiment/host_limits.h"

#include "common/words.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::testing::HasSubstr;

v1::Description AgentWithEverything() {
  v1::Description description;
  for (v1::SendMode mode : AllOf<v1::SendMode>()) {
    v1::SendModeState& state = *description.add_send_modes();
    state.set_mode(mode);
    state.mutable_state()->set_available(true);
  }
  for (v1::ReceiveMode mode : AllOf<v1::ReceiveMode>()) {
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

}  // namespace
}  // namespace copycost
