#include "agent/limits.h"

#include <string>

#include "tests/testing/flow_harness.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

// Two flows that send 8 messages of 1 KiB in turn, for 800 ms.
v1::Prepare TwoSenders() {
  v1::Prepare prepare;
  v1::Workload& workload = *prepare.mutable_workload();
  workload.set_message_bytes(1024);
  workload.set_fields(1);
  workload.set_ring_depth(8);
  workload.set_huge_pages(v1::HUGE_PAGES_NONE);
  workload.set_warmup_ns(200'000'000);
  workload.set_window_ns(600'000'000);
  for (uint32_t flow : {0, 1}) {
    v1::FlowEnd& end = *prepare.add_ends();
    end.set_flow(flow);
    end.set_role(v1::ROLE_SENDER);
  }
  return prepare;
}

auto Refused(absl::string_view flag) {
  return StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr(std::string(flag)));
}

TEST(LimitsTest, AnAgentWithoutFlagsTakesAnOrdinaryTrial) {
  EXPECT_OK(CheckLimits(Limits(), TwoSenders()));
}

TEST(LimitsTest, FlowsAreCounted) {
  EXPECT_OK(CheckLimits({.max_flows = 2}, TwoSenders()));
  EXPECT_THAT(CheckLimits({.max_flows = 1}, TwoSenders()), Refused("--max-flows"));
}

TEST(LimitsTest, WarmupAndWindowTogetherAreTheDuration) {
  EXPECT_OK(CheckLimits({.max_duration = absl::Milliseconds(800)}, TwoSenders()));
  EXPECT_THAT(CheckLimits({.max_duration = absl::Milliseconds(799)}, TwoSenders()),
              Refused("--max-duration"));
}

TEST(LimitsTest, MessageBuffersOfAllFlowsAreTheMemory) {
  EXPECT_OK(CheckLimits({.max_memory_bytes = 1 << 20}, TwoSenders()));
  EXPECT_THAT(CheckLimits({.max_memory_bytes = 20 * 1024}, TwoSenders()), Refused("--max-memory"));
}

TEST(LimitsTest, AWorkingSetIsMemoryToo) {
  v1::Prepare prepare = TwoSenders();
  prepare.mutable_workload()->set_working_set_bytes(16 << 20);
  EXPECT_OK(CheckLimits({.max_memory_bytes = 40 << 20}, prepare));
  EXPECT_THAT(CheckLimits({.max_memory_bytes = 30 << 20}, prepare), Refused("--max-memory"));
}

TEST(LimitsTest, ATrialThatTakesMoreThanTheHostHasIsRefusedWithoutAFlag) {
  v1::Prepare prepare = TwoSenders();
  prepare.mutable_workload()->set_message_bytes(uint64_t{1} << 40);
  EXPECT_THAT(CheckLimits(Limits(), prepare), Refused("half of what is available"));
}

TEST(LimitsTest, ARateIsThatOfAllFlowsTogetherAndHasToBeAskedFor) {
  const Limits limits{.max_rate_bits_per_s = 1'000'000'000};
  v1::Prepare prepare = TwoSenders();
  EXPECT_THAT(CheckLimits(limits, prepare), Refused("no pacing"));
  prepare.mutable_workload()->set_pacing_bits_per_s(500'000'000);
  EXPECT_OK(CheckLimits(limits, prepare));
  prepare.mutable_workload()->set_pacing_bits_per_s(500'000'008);
  EXPECT_THAT(CheckLimits(limits, prepare), AllOf(Refused("--max-rate"), Refused("--pacing")));
}

TEST(LimitsTest, WhatCannotBePacedHasNoRate) {
  v1::Prepare prepare = TwoSenders();
  for (const v1::Transport transport : {v1::TRANSPORT_UNIX, v1::TRANSPORT_UDP}) {
    prepare.mutable_workload()->set_transport(transport);
    EXPECT_THAT(CheckLimits({.max_rate_bits_per_s = 1'000'000'000}, prepare),
                AllOf(Refused("--max-rate"), Refused("cannot be paced")));
  }
}

TEST(LimitsTest, AReceiverNeedsNoRate) {
  v1::Prepare prepare = TwoSenders();
  for (v1::FlowEnd& end : *prepare.mutable_ends()) end.set_role(v1::ROLE_RECEIVER);
  EXPECT_OK(CheckLimits({.max_rate_bits_per_s = 1}, prepare));
}

TEST(LimitsTest, AReceiverThatAnswersSendsToo) {
  v1::Prepare prepare = TwoSenders();
  for (v1::FlowEnd& end : *prepare.mutable_ends()) end.set_role(v1::ROLE_RECEIVER);
  prepare.mutable_workload()->set_pattern(v1::PATTERN_RR);
  prepare.mutable_workload()->set_response_bytes(1024);
  EXPECT_THAT(CheckLimits({.max_rate_bits_per_s = 1}, prepare), Refused("--max-rate"));
  EXPECT_OK(CheckLimits({.max_memory_bytes = 100 * 1024}, prepare));
  prepare.mutable_workload()->set_response_bytes(64 * 1024);
  EXPECT_THAT(CheckLimits({.max_memory_bytes = 100 * 1024}, prepare), Refused("--max-memory"));
}

TEST(LimitsTest, PeersAreInPrivateNetworksUnlessTold) {
  for (const char* address : {"127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.7.7", "100.64.0.1",
                              "198.18.0.2", "::1", "fd00::1", "2001:2::2"}) {
    EXPECT_OK(CheckPeerAddress(Limits(), address)) << address;
  }
  for (const char* address : {"8.8.8.8", "172.32.0.1", "2001:db8::1"}) {
    EXPECT_THAT(CheckPeerAddress(Limits(), address),
                StatusIs(absl::StatusCode::kPermissionDenied, HasSubstr("--allow")))
        << address;
  }
}

TEST(LimitsTest, PeersAreInTheNetworksThatWereNamed) {
  const Limits limits{.allow = {*Network::Parse("192.0.2.0/24")}};
  EXPECT_OK(CheckPeerAddress(limits, "192.0.2.9"));
  EXPECT_THAT(CheckPeerAddress(limits, "10.0.0.1"),
              StatusIs(absl::StatusCode::kPermissionDenied, HasSubstr("192.0.2.0/24")));
}

TEST(LimitsTest, NobodyIsAtAnAddressOfManyHowEverWideTheNetworks) {
  const Limits limits{.allow = {*Network::Parse("0.0.0.0/0"), *Network::Parse("::/0")}};
  for (const char* address : {"224.0.0.1", "255.255.255.255", "169.254.1.1", "0.0.0.0", "ff02::1",
                              "fe80::1", "host.example"}) {
    EXPECT_THAT(CheckPeerAddress(limits, address),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(address)))
        << address;
  }
}

TEST(LimitsTest, SocketBuffersThatAreAskedForCountAsMemory) {
  v1::Prepare prepare;
  prepare.add_ends();
  v1::Workload& workload = *prepare.mutable_workload();
  workload = testing::VerifiedWorkload(v1::SEND_MODE_TWO_COPY);
  const Limits limits = {.max_memory_bytes = uint64_t{16} << 20};
  EXPECT_OK(CheckLimits(limits, prepare));
  workload.set_receive_buffer_bytes(uint64_t{9} << 20);
  EXPECT_THAT(CheckLimits(limits, prepare), Refused("--max-memory"));
}

}  // namespace
}  // namespace copycost
