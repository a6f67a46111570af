#include "coordinator/analysis/steadiness.h"

#include <algorithm>

#include "tests/testing/record_builder.h"
#include "tests/testing/status_matchers.h"

namespace copycost::analysis {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

using Slices = std::vector<uint64_t>;
constexpr int64_t kMs = 1'000'000;

TEST(SteadinessTest, ConstantGoodputIsSteady) {
  EXPECT_FALSE(IsUnsteady(Slices(12, 1'000'000)));
  EXPECT_FALSE(IsUnsteady(Slices(12, 0)));
  EXPECT_FALSE(IsUnsteady({}));
}

TEST(SteadinessTest, NoiseWithoutATrendIsSteady) {
  EXPECT_FALSE(IsUnsteady(Slices{100, 103, 98, 101, 97, 102, 99, 104, 100, 96, 103, 99}));
}

TEST(SteadinessTest, HalvesThatDifferByOverFivePercentAreUnsteady) {
  EXPECT_FALSE(IsUnsteady(Slices{1000, 1000, 1040, 1040}));
  EXPECT_TRUE(IsUnsteady(Slices{1000, 1000, 1060, 1060}));
  EXPECT_TRUE(IsUnsteady(Slices{1060, 1060, 1000, 1000}));
}

TEST(SteadinessTest, AnOddMiddleSliceBelongsToNeitherHalf) {
  EXPECT_FALSE(IsUnsteady(Slices{1000, 5000, 1000}));
}

TEST(SteadinessTest, ASlowTrendIsUnsteadyThoughTheHalvesAgree) {
  Slices rising;
  for (int i = 0; i < 12; ++i) rising.push_back(1000 + i);
  EXPECT_TRUE(IsUnsteady(rising));
  std::reverse(rising.begin(), rising.end());
  EXPECT_TRUE(IsUnsteady(rising));
}

// Of 12 slices, r = 0.7133 has p = 0.0092 by t on 10 degrees of freedom, r = 0.7063 has 0.0102.
TEST(SteadinessTest, ATrendIsCalledBelowOnePercent) {
  Slices slices = {1001, 1006, 1003, 1002, 1005, 1004, 1012, 1010, 1011, 1007, 1008, 1009};
  EXPECT_FALSE(IsUnsteady(slices));
  std::swap(slices[4], slices[5]);
  EXPECT_TRUE(IsUnsteady(slices));
}

// So few that one more or less is much.
TEST(SteadinessTest, WhatComesInGrainsMayFallIntoTheNextSlice) {
  const Slices slices = {300, 200, 300, 200, 300, 200, 200, 200, 300, 200, 200, 200};
  EXPECT_TRUE(IsUnsteady(slices));
  EXPECT_FALSE(IsUnsteady(slices, 100));
  const Slices rising = {100, 100, 100, 100, 200, 200, 200, 200, 300, 300, 300, 300};
  EXPECT_TRUE(IsUnsteady(rising));
  EXPECT_TRUE(IsUnsteady(rising, 10));
}

TEST(SteadinessTest, FewSlicesHaveNoTrend) {
  EXPECT_FALSE(IsUnsteady(Slices{1000, 1001, 1002, 1003, 1004}));
  EXPECT_TRUE(IsUnsteady(Slices{1000, 1001, 1002, 1003, 1004, 1005}));
}

// Samples of 100 ms from `begin_ns`, halves of 1, 2, 3 ... MB.
void AddSamples(int count, int64_t begin_ns, v1::AgentRecord& agent) {
  uint64_t megabytes = 0;
  for (int i = 0; i < count; ++i) {
    v1::Sample& sample = *agent.add_samples();
    sample.set_begin_ns(begin_ns + i * 100 * kMs);
    sample.set_middle_ns(begin_ns + (2 * i + 1) * 50 * kMs);
    sample.set_end_ns(begin_ns + (i + 1) * 100 * kMs);
    v1::Sample::Flow& flow = *sample.add_flows();
    flow.set_role(v1::ROLE_RECEIVER);
    flow.add_half_bytes(++megabytes * 1'000'000);
    flow.add_half_bytes(++megabytes * 1'000'000);
  }
}

v1::AgentRecord ReceiverWithWindow(int64_t opened_ns, int64_t closed_ns) {
  v1::AgentRecord agent;
  v1::FlowResult& flow = *agent.mutable_finished()->add_flows();
  flow.set_role(v1::ROLE_RECEIVER);
  flow.mutable_window()->set_opened_ns(opened_ns);
  flow.mutable_window()->set_closed_ns(closed_ns);
  return agent;
}

TEST(SteadinessTest, SlicesAreThoseOfTheWindow) {
  // Opened and closed a little late, as data threads do.
  v1::AgentRecord agent = ReceiverWithWindow(200 * kMs + 40'000, 400 * kMs + 90'000);
  AddSamples(6, 0, agent);
  EXPECT_THAT(WindowSlices(agent), ElementsAre(5'000'000, 6'000'000, 7'000'000, 8'000'000));
}

TEST(SteadinessTest, FlowsAreAddedAndTheirWindowsIntersected) {
  v1::AgentRecord agent = ReceiverWithWindow(0, 200 * kMs);
  *agent.mutable_finished()->add_flows() =
      ReceiverWithWindow(100 * kMs, 300 * kMs).finished().flows(0);
  AddSamples(3, 0, agent);
  for (v1::Sample& sample : *agent.mutable_samples()) *sample.add_flows() = sample.flows(0);
  EXPECT_THAT(WindowSlices(agent), ElementsAre(6'000'000, 8'000'000));
}

TEST(SteadinessTest, LateSamplesAreScaledToTheirLength) {
  v1::AgentRecord agent = ReceiverWithWindow(0, 1000 * kMs);
  AddSamples(1, 0, agent);
  agent.mutable_samples(0)->set_middle_ns(100 * kMs);
  agent.mutable_samples(0)->set_end_ns(300 * kMs);
  EXPECT_THAT(WindowSlices(agent), ElementsAre(500'000, 500'000));
}

TEST(SteadinessTest, SendersAndAgentsWithoutWindowsHaveNoSlices) {
  v1::AgentRecord sender = ReceiverWithWindow(0, 1000 * kMs);
  sender.mutable_finished()->mutable_flows(0)->set_role(v1::ROLE_SENDER);
  AddSamples(3, 0, sender);
  EXPECT_THAT(WindowSlices(sender), IsEmpty());
  EXPECT_THAT(WindowSlices({}), IsEmpty());
}

TEST(SteadinessTest, WhatWasSentBeforeAnInstantIsOfThatFlowsSender) {
  v1::AgentRecord agent;
  AddSamples(3, 0, agent);
  for (v1::Sample& sample : *agent.mutable_samples()) {
    sample.mutable_flows(0)->set_messages(1'000'000);  // a receiver's
    for (const uint32_t flow : {0, 1}) {
      v1::Sample::Flow& sender = *sample.add_flows();
      sender.set_flow(flow);
      sender.set_role(v1::ROLE_SENDER);
      sender.set_messages(flow == 0 ? 1000 : 10);
    }
  }
  EXPECT_THAT(SentBefore(agent, 1, 0), Optional(0));
  EXPECT_THAT(SentBefore(agent, 1, 130 * kMs), Optional(DoubleEq(13)));
  EXPECT_THAT(SentBefore(agent, 1, 300 * kMs), Optional(30));
  EXPECT_EQ(SentBefore(agent, 1, 301 * kMs), std::nullopt);
  EXPECT_EQ(SentBefore({}, 1, 130 * kMs), std::nullopt);
}

}  // namespace
}  // namespace copycost::analysis
