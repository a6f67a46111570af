#include "coordinator/cli/fleet_limits.h"

#include <utility>

#include "common/words.h"
#include "tests/testing/fake_topology.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::FakeClock;
using ::copycost::testing::FakeTopology;
using ::copycost::testing::kOwnBootId;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FleetLimitsTest : public ::testing::Test {
 protected:
  HostLimits Limits() { return LimitsOf(*TakeInventory(*topology_.Up(), kOwnBootId)); }

  FakeClock clock_;
  FakeTopology topology_{clock_};
};

TEST_F(FleetLimitsTest, TheAgentsTellTheirLimits) {
  topology_.sender.description.set_locked_memory_bytes(4096);
  const HostLimits limits = Limits();
  EXPECT_EQ(limits.locked_memory_bytes, 4096u);
  EXPECT_EQ(limits.missing_send_modes.size(),
            AllValues<v1::SendMode>().size());  // played agents speak of none
  EXPECT_THAT(limits.missing_ip_versions, IsEmpty());
}

TEST_F(FleetLimitsTest, AgentsWithoutAnAddressLackItsIpVersion) {
  topology_.has_ipv6 = false;
  const HostLimits limits = Limits();
  EXPECT_EQ(limits.missing_ip_versions.count(v1::IP_VERSION_4), 0u);
  EXPECT_THAT(limits.missing_ip_versions.at(v1::IP_VERSION_6),
              AllOf(HasSubstr("no such address"), HasSubstr("ipv6.disable=1")));
}

TEST_F(FleetLimitsTest, PlacementsAreThereAsFarAsCpusAndNicsPermit) {
  for (const auto& [agent, address] :
       {std::pair(&topology_.sender, "198.18.0.1"), std::pair(&topology_.receiver, "198.18.0.2")}) {
    v1::InterfacePlace& interface = *agent->description.add_interface_places();
    interface.set_name("eth1");
    interface.add_addresses(address);
    for (const uint32_t cpu : {0, 1, 2, 3}) {
      v1::CpuPlace& place = *agent->description.add_cpu_places();
      place.set_cpu(cpu);
      place.set_core(cpu);
      place.set_last_level_cache(0);
      place.set_numa_node(0);
    }
  }
  const HostLimits limits = Limits();
  const auto missing = [&](v1::Placement placement, v1::IpVersion version) {
    return limits.missing_placements.count({placement, version}) > 0;
  };
  for (const v1::IpVersion version : {v1::IP_VERSION_4, v1::IP_VERSION_6}) {
    EXPECT_FALSE(missing(v1::PLACEMENT_SPREAD, version));
    EXPECT_FALSE(missing(v1::PLACEMENT_SAME_LLC, version));
    EXPECT_TRUE(missing(v1::PLACEMENT_SAME_CORE, version));
    EXPECT_TRUE(missing(v1::PLACEMENT_INCOMING_CPU, version));
  }
  EXPECT_FALSE(missing(v1::PLACEMENT_NIC_NODE, v1::IP_VERSION_4));
  EXPECT_TRUE(missing(v1::PLACEMENT_NIC_NODE, v1::IP_VERSION_6));  // of another interface
}

}  // namespace
}  // namespace copycost
