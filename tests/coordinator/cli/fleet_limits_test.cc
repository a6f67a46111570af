#include "coordinator/cli/fleet_limits.h"

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
            copycost::AllOf<v1::SendMode>().size());  // played agents speak of none
  EXPECT_THAT(limits.missing_ip_versions, IsEmpty());
}

TEST_F(FleetLimitsTest, AgentsWithoutAnAddressLackItsIpVersion) {
  topology_.has_ipv6 = false;
  const HostLimits limits = Limits();
  EXPECT_EQ(limits.missing_ip_versions.count(v1::IP_VERSION_4), 0u);
  EXPECT_THAT(limits.missing_ip_versions.at(v1::IP_VERSION_6),
              AllOf(HasSubstr("no such address"), HasSubstr("ipv6.disable=1")));
}

}  // namespace
}  // namespace copycost
