#include "coordinator/fleet/inspection.h"

#include "tests/testing/fake_topology.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::FakeClock;
using ::copycost::testing::FakeTopology;
using ::copycost::testing::kOwnBootId;
using ::copycost::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class InspectionTest : public ::testing::Test {
 protected:
  FakeClock clock_;
  FakeTopology topology_{clock_};
};

TEST_F(InspectionTest, AsksForAllOfItAndThenLeavesTheHostsAlone) {
  const auto agents = TakeInventory(*topology_.Up(), kOwnBootId);
  ASSERT_OK(agents);
  const absl::Time begun = clock_.Now();
  const auto states = InspectIdle(clock_, *agents, {"cycles"});
  ASSERT_OK(states);
  EXPECT_EQ(states->size(), 2u);
  EXPECT_EQ(clock_.Now() - begun, absl::Milliseconds(500));
  const std::vector<v1::InspectRequest>& requests = topology_.receiver.inspect_requests;
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_THAT(requests[0].events(), ElementsAre("cycles"));
  EXPECT_GT(requests[0].data_addresses_size(), 0);
  EXPECT_FALSE(requests[0].only_cpu());
  EXPECT_TRUE(requests[1].only_cpu());
  EXPECT_TRUE(requests[2].only_cpu());
}

TEST_F(InspectionTest, NamesTheAgentThatDoesNotTell) {
  const auto agents = TakeInventory(*topology_.Up(), kOwnBootId);
  ASSERT_OK(agents);
  topology_.receiver.host_state = absl::UnavailableError("gone");
  EXPECT_THAT(InspectIdle(clock_, *agents, {}),
              StatusIs(absl::StatusCode::kUnavailable,
                       AllOf(HasSubstr("agent receiver"), HasSubstr("gone"))));
}

}  // namespace
}  // namespace copycost
