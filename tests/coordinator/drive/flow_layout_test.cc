#include "coordinator/drive/flow_layout.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Ends = std::vector<std::vector<v1::FlowEnd>>;

// "nonce 1", "nonce 2", ...
std::function<std::string()> CountedNonces() {
  return [n = 0]() mutable { return absl::StrCat("nonce ", ++n); };
}

struct Host {
  std::string boot_id;
  std::vector<uint32_t> cpus;
};

PlacementHost PlacementHostOf(const Host& host) {
  PlacementHost result = {.boot_id = host.boot_id, .cpus = {}};
  for (const uint32_t cpu : host.cpus) result.cpus.emplace_back().set_cpu(cpu);
  return result;
}

Ends LayOut(const Host& sender, const Host& receiver, uint32_t threads,
            uint32_t flows_per_thread = 1) {
  return *LayOutFlows({PlacementHostOf(sender), PlacementHostOf(receiver)},
                      {.threads = threads, .flows_per_thread = flows_per_thread}, CountedNonces());
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

TEST(FlowLayoutTest, FlowsOfOneThreadAreNextToEachOtherAndShareItsCpuOnBothSides) {
  const Ends ends = LayOut({"a", {0, 1, 2, 3}}, {"a", {0, 1, 2, 3}}, 2, 3);
  std::set<std::string> nonces;
  for (const std::vector<v1::FlowEnd>& agent : ends) {
    ASSERT_EQ(agent.size(), 6u);
    for (uint32_t flow = 0; flow < 6; ++flow) {
      EXPECT_EQ(agent[flow].flow(), flow);
      EXPECT_EQ(agent[flow].thread(), flow / 3);
      EXPECT_EQ(agent[flow].role(), agent[0].role());
      EXPECT_EQ(agent[flow].listens(), agent[0].listens());
      nonces.insert(agent[flow].nonce());
    }
  }
  EXPECT_EQ(nonces.size(), 12u);
  // As those of as many threads with one flow each.
  EXPECT_THAT(Cpus(ends[0]), ElementsAre(1, 1, 1, 3, 3, 3));
  EXPECT_THAT(Cpus(ends[1]), ElementsAre(2, 2, 2, 0, 0, 0));
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
  const Ends ends = LayOut({"a", {0, 1}}, {"a", {2, 3}}, 2);
  for (const v1::FlowEnd& end : ends[0]) EXPECT_LT(end.cpu(), 2u);
  for (const v1::FlowEnd& end : ends[1]) EXPECT_GE(end.cpu(), 2u);
}

// Two caches of two cores of two CPUs: 0 1 | 2 3 || 4 5 | 6 7.
PlacementHost Eight() {
  PlacementHost host = {.boot_id = "a", .cpus = {}};
  for (uint32_t number = 0; number < 8; ++number) {
    v1::CpuPlace& cpu = host.cpus.emplace_back();
    cpu.set_cpu(number);
    cpu.set_core(number / 2);
    cpu.set_last_level_cache(number / 4);
    cpu.set_numa_node(0);
  }
  return host;
}

TEST(FlowLayoutTest, EndsStandToEachOtherAsThePlacementSays) {
  const auto lay_out = [](v1::Placement placement) {
    return *LayOutFlows({Eight(), Eight()}, {.placement = placement, .threads = 2},
                        CountedNonces());
  };
  const Ends same_cpu = lay_out(v1::PLACEMENT_SAME_CPU);
  EXPECT_THAT(Cpus(same_cpu[0]), ElementsAre(1, 2));
  EXPECT_THAT(Cpus(same_cpu[1]), ElementsAre(1, 2));
  const Ends same_core = lay_out(v1::PLACEMENT_SAME_CORE);
  EXPECT_THAT(Cpus(same_core[0]), ElementsAre(1, 2));
  EXPECT_THAT(Cpus(same_core[1]), ElementsAre(0, 3));
  const Ends same_cache = lay_out(v1::PLACEMENT_SAME_LLC);
  EXPECT_THAT(Cpus(same_cache[0]), ElementsAre(1, 3));
  EXPECT_THAT(Cpus(same_cache[1]), ElementsAre(2, 0));
  const Ends same_node = lay_out(v1::PLACEMENT_SAME_NODE);
  EXPECT_THAT(Cpus(same_node[0]), ElementsAre(1, 2));
  EXPECT_THAT(Cpus(same_node[1]), ElementsAre(4, 5));
}

TEST(FlowLayoutTest, APlacementThatCannotBeHadIsSaid) {
  const auto ends =
      LayOutFlows({Eight(), Eight()}, {.placement = v1::PLACEMENT_OTHER_NODE}, CountedNonces());
  EXPECT_THAT(ends.status(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("other-node")));
}

}  // namespace
}  // namespace copycost
