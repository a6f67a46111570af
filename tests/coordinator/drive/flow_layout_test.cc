#include "coordinator/drive/flow_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_cat.h"

namespace copycost {
namespace {

using ::testing::ElementsAre;

using Ends = std::vector<std::vector<v1::FlowEnd>>;

// "nonce 1", "nonce 2", ...
std::function<std::string()> CountedNonces() {
  return [n = 0]() mutable { return absl::StrCat("nonce ", ++n); };
}

Ends LayOut(const LayoutHost& sender, const LayoutHost& receiver, uint32_t threads) {
  return LayOutFlows({sender, receiver}, threads, CountedNonces());
}

std::vector<uint32_t> Cpus(const std::vector<v1::FlowEnd>& ends) {
  std::vector<uint32_t> cpus;
  for (const v1::FlowEnd& end : ends) cpus.push_back(end.cpu());
  return cpus;
}

TEST(FlowLayoutTest, EveryFlowGoesFromTheSenderToTheReceiverWhichListens) {
  const Ends ends = LayOut({"a", {0, 1, 2, 3}}, {"a", {0, 1, 2, 3}}, 2);
  ASSERT_EQ(ends.size(), 2u);
  for (uint32_t flow = 0; flow < 2; ++flow) {
    EXPECT_EQ(ends[0][flow].flow(), flow);
    EXPECT_EQ(ends[1][flow].flow(), flow);
    EXPECT_EQ(ends[0][flow].role(), v1::ROLE_SENDER);
    EXPECT_EQ(ends[1][flow].role(), v1::ROLE_RECEIVER);
    EXPECT_FALSE(ends[0][flow].listens());
    EXPECT_TRUE(ends[1][flow].listens());
  }
}

TEST(FlowLayoutTest, NoncesPairUpAndEachIsUsedOnce) {
  const Ends ends = LayOut({"a", {0, 1}}, {"a", {0, 1}}, 8);
  std::set<std::string> nonces;
  for (uint32_t flow = 0; flow < 8; ++flow) {
    EXPECT_EQ(ends[0][flow].nonce(), ends[1][flow].peer_nonce());
    EXPECT_EQ(ends[1][flow].nonce(), ends[0][flow].peer_nonce());
    nonces.insert(ends[0][flow].nonce());
    nonces.insert(ends[1][flow].nonce());
  }
  EXPECT_EQ(nonces.size(), 16u);
}

TEST(FlowLayoutTest, AgentsOfOneHostAreDealtFromOneHandCpu0Last) {
  const Ends ends = LayOut({"a", {0, 1, 2, 3}}, {"a", {0, 1, 2, 3}}, 2);
  EXPECT_THAT(Cpus(ends[0]), ElementsAre(1, 3));
  EXPECT_THAT(Cpus(ends[1]), ElementsAre(2, 0));
}

TEST(FlowLayoutTest, CpusAreSharedOnlyWhenTheyHaveRunOut) {
  const std::vector<uint32_t> cpus = {0, 1, 2, 3, 4, 5, 6};
  const Ends ends = LayOut({"a", cpus}, {"a", cpus}, 4);
  std::multiset<uint32_t> used;
  for (const auto& agent : ends) {
    for (const v1::FlowEnd& end : agent) used.insert(end.cpu());
  }
  EXPECT_EQ(used.size(), 8u);
  EXPECT_EQ(std::set<uint32_t>(used.begin(), used.end()).size(), 7u);
  EXPECT_EQ(used.count(0), 1u) << "CPU 0 must not be the first to be used twice";
}

TEST(FlowLayoutTest, HostsOfTheirOwnHaveHandsOfTheirOwn) {
  const Ends ends = LayOut({"a", {0, 1, 2}}, {"b", {4, 5, 6}}, 3);
  EXPECT_THAT(Cpus(ends[0]), ElementsAre(1, 2, 0));
  EXPECT_THAT(Cpus(ends[1]), ElementsAre(4, 5, 6));
}

TEST(FlowLayoutTest, TheOrderOfTheCpusDoesNotMatter) {
  const Ends ends = LayOut({"a", {2, 0, 1}}, {"b", {0}}, 3);
  EXPECT_THAT(Cpus(ends[0]), ElementsAre(1, 2, 0));
  EXPECT_THAT(Cpus(ends[1]), ElementsAre(0, 0, 0));
}

// What "zero-copy" can mean depends on it.
TEST(FlowLayoutTest, TellsEachEndWhetherItsPeerIsOnTheSameKernel) {
  for (const auto& agent : LayOut({"a", {0, 1}}, {"a", {0, 1}}, 1)) {
    EXPECT_TRUE(agent[0].peer_on_same_host());
  }
  for (const auto& agent : LayOut({"a", {0, 1}}, {"b", {0, 1}}, 1)) {
    EXPECT_FALSE(agent[0].peer_on_same_host());
  }
}

TEST(FlowLayoutTest, RandomNoncesHave16BytesAndDiffer) {
  std::set<std::string> nonces;
  for (int i = 0; i < 100; ++i) {
    const std::string nonce = RandomNonce();
    EXPECT_EQ(nonce.size(), 16u);
    EXPECT_TRUE(nonces.insert(nonce).second);
  }
}

TEST(FlowLayoutTest, AgentsThatShareAHostButNotItsCpusAreDealtTheirOwn) {
  const auto ends = LayOutFlows({LayoutHost{"a", {0, 1}}, LayoutHost{"a", {2, 3}}}, 2, RandomNonce);
  for (const v1::FlowEnd& end : ends[0]) EXPECT_LT(end.cpu(), 2u);
  for (const v1::FlowEnd& end : ends[1]) EXPECT_GE(end.cpu(), 2u);
}

}  // namespace
}  // namespace copycost
