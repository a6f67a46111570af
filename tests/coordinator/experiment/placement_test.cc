#include "coordinator/experiment/placement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/words.h"

namespace copycost {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;

struct Place {
  uint32_t core, cache, node;
};

// CPUs 0, 1, ... at these places.
PlacementHost HostOf(const std::string& boot_id, const std::vector<Place>& places) {
  PlacementHost host = {.boot_id = boot_id, .cpus = {}};
  for (const Place& place : places) {
    v1::CpuPlace& cpu = host.cpus.emplace_back();
    cpu.set_cpu(static_cast<uint32_t>(host.cpus.size() - 1));
    cpu.set_core(place.core);
    cpu.set_last_level_cache(place.cache);
    cpu.set_numa_node(place.node);
  }
  return host;
}

// Two nodes of two CPUs each, cores and caches of their own.
PlacementHost TwoNodes(const std::string& boot_id = "a") {
  return HostOf(boot_id, {{0, 0, 0}, {1, 1, 0}, {2, 2, 1}, {3, 3, 1}});
}

std::vector<uint32_t> Senders(const std::vector<CpuChoice>& choices) {
  std::vector<uint32_t> cpus;
  for (const CpuChoice& choice : choices) cpus.push_back(choice.sender);
  return cpus;
}

TEST(PlacementTest, AnyCpuGoesWithAnyOtherWhereEndsAreSpreadAndCpu0IsLast) {
  const auto choices = CpuChoices(v1::PLACEMENT_SPREAD, TwoNodes(), TwoNodes());
  EXPECT_THAT(Senders(choices), ElementsAre(1, 2, 3, 0));
  for (const CpuChoice& choice : choices) EXPECT_THAT(choice.receivers, ElementsAre(1, 2, 3, 0));
}

TEST(PlacementTest, HardwareThreadsOfACoreAreNotItsCacheMates) {
  const PlacementHost host = HostOf("a", {{0, 0, 0}, {0, 0, 0}, {1, 0, 0}, {1, 0, 0}});
  const auto core = CpuChoices(v1::PLACEMENT_SAME_CORE, host, host);
  EXPECT_THAT(core[0].receivers, ElementsAre(0));
  const auto cache = CpuChoices(v1::PLACEMENT_SAME_LLC, host, host);
  EXPECT_THAT(cache[0].receivers, ElementsAre(2, 3));
  EXPECT_THAT(CpuChoices(v1::PLACEMENT_SAME_NODE, host, host), IsEmpty());
}

TEST(PlacementTest, NodesAreToldApart) {
  EXPECT_THAT(CpuChoices(v1::PLACEMENT_SAME_NODE, TwoNodes(), TwoNodes())[0].receivers,
              ElementsAre(0));
  EXPECT_THAT(CpuChoices(v1::PLACEMENT_OTHER_NODE, TwoNodes(), TwoNodes())[0].receivers,
              ElementsAre(2, 3));
}

TEST(PlacementTest, CpusOfWhichTheHostTellsNothingAreInNoRelation) {
  PlacementHost host = {.boot_id = "a", .cpus = {}};
  for (const uint32_t cpu : {0, 1, 2}) host.cpus.emplace_back().set_cpu(cpu);
  for (const v1::Placement placement :
       {v1::PLACEMENT_SAME_CORE, v1::PLACEMENT_SAME_LLC, v1::PLACEMENT_SAME_NODE,
        v1::PLACEMENT_OTHER_NODE, v1::PLACEMENT_NIC_NODE, v1::PLACEMENT_OFF_NIC_NODE}) {
    EXPECT_THAT(CpuChoices(placement, host, host), IsEmpty()) << Label(placement);
    EXPECT_TRUE(WhyNoPlacement(placement, host, host)) << Label(placement);
  }
  EXPECT_FALSE(WhyNoPlacement(v1::PLACEMENT_SPREAD, host, host));
  EXPECT_FALSE(WhyNoPlacement(v1::PLACEMENT_SAME_CPU, host, host));
}

TEST(PlacementTest, CpusOfTwoHostsHaveNothingInCommon) {
  for (const v1::Placement placement :
       {v1::PLACEMENT_SAME_CPU, v1::PLACEMENT_SAME_CORE, v1::PLACEMENT_SAME_LLC,
        v1::PLACEMENT_SAME_NODE, v1::PLACEMENT_OTHER_NODE}) {
    EXPECT_THAT(CpuChoices(placement, TwoNodes("a"), TwoNodes("b")), IsEmpty());
    EXPECT_THAT(WhyNoPlacement(placement, TwoNodes("a"), TwoNodes("b")),
                Optional(HasSubstr("two hosts")));
  }
}

TEST(PlacementTest, EachEndGoesByItsOwnNic) {
  PlacementHost sender = TwoNodes("a");
  PlacementHost receiver = TwoNodes("b");
  sender.nic_node = 0;
  receiver.nic_node = 1;
  const auto near = CpuChoices(v1::PLACEMENT_NIC_NODE, sender, receiver);
  EXPECT_THAT(Senders(near), ElementsAre(1, 0));
  EXPECT_THAT(near[0].receivers, ElementsAre(2, 3));
  const auto far = CpuChoices(v1::PLACEMENT_OFF_NIC_NODE, sender, receiver);
  EXPECT_THAT(Senders(far), ElementsAre(2, 3));
  EXPECT_THAT(far[0].receivers, ElementsAre(1, 0));
}

TEST(PlacementTest, SaysOfWhichSideTheNicIsNotKnownOrHasNoCpus) {
  PlacementHost sender = TwoNodes("a");
  PlacementHost receiver = TwoNodes("b");
  sender.nic_node = 0;
  EXPECT_THAT(WhyNoPlacement(v1::PLACEMENT_NIC_NODE, sender, receiver),
              Optional(HasSubstr("the receiver's host does not tell")));
  receiver.nic_node = 2;
  EXPECT_THAT(WhyNoPlacement(v1::PLACEMENT_NIC_NODE, sender, receiver),
              Optional(HasSubstr("the receiver may use no CPU on NUMA node 2")));
  EXPECT_FALSE(WhyNoPlacement(v1::PLACEMENT_OFF_NIC_NODE, sender, receiver));
}

TEST(PlacementTest, PacketsAreFollowedBetweenHostsOnly) {
  EXPECT_FALSE(WhyNoPlacement(v1::PLACEMENT_INCOMING_CPU, TwoNodes("a"), TwoNodes("b")));
  EXPECT_THAT(WhyNoPlacement(v1::PLACEMENT_INCOMING_CPU, TwoNodes("a"), TwoNodes("a")),
              Optional(HasSubstr("same-cpu")));
}

TEST(PlacementTest, WhatAnAgentTellsOfItsCpusAndInterfacesIsTaken) {
  v1::Description agent;
  agent.set_boot_id("a");
  for (const uint32_t cpu : {2, 3}) agent.add_cpus(cpu);
  v1::CpuPlace& place = *agent.add_cpu_places();
  place.set_cpu(3);
  place.set_core(7);
  agent.add_cpu_places()->set_cpu(9);  // one that it may not use any more
  v1::InterfacePlace& interface = *agent.add_interface_places();
  interface.set_name("eth1");
  interface.set_numa_node(1);
  interface.add_addresses("192.0.2.7");

  const PlacementHost host = PlacementHostOf(agent, "192.0.2.7");
  ASSERT_EQ(host.cpus.size(), 2u);
  EXPECT_EQ(host.cpus[0].cpu(), 2u);
  EXPECT_FALSE(host.cpus[0].has_core());
  EXPECT_EQ(host.cpus[1].core(), 7u);
  EXPECT_EQ(host.nic_node, 1u);
  EXPECT_FALSE(PlacementHostOf(agent, "192.0.2.8").nic_node);
  EXPECT_FALSE(PlacementHostOf(agent, "").nic_node);
}

}  // namespace
}  // namespace copycost
