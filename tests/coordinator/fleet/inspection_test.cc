#include "coordinator/fleet/inspection.h"

#include <functional>

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
  for (testing::FakeAgent* agent : {&topology_.sender, &topology_.receiver}) {
    agent->host_state->add_events()->set_event("cycles");
    agent->host_state->mutable_cpu()->set_at_ns(7);
  }
  const auto agents = TakeInventory(*topology_.Up(), kOwnBootId);
  ASSERT_OK(agents);
  const absl::Time begun = clock_.Now();
  const auto inspected = InspectIdle(clock_, *agents, {.events = {"cycles"}, .sampling_hz = 199});
  ASSERT_OK(inspected);
  ASSERT_EQ(inspected->size(), 2u);
  EXPECT_EQ((*inspected)[1].state.cpu().at_ns(), 7);
  EXPECT_EQ((*inspected)[1].idle_end.at_ns(), 7);
  EXPECT_EQ(clock_.Now() - begun, absl::Milliseconds(500));
  const std::vector<v1::InspectRequest>& requests = topology_.receiver.inspect_requests;
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_THAT(requests[0].events(), ElementsAre("cycles"));
  EXPECT_GT(requests[0].data_addresses_size(), 0);
  EXPECT_EQ(requests[0].sampling_hz(), 199u);
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

TEST_F(InspectionTest, RefusesWhatNoAgentTells) {
  const auto agents = TakeInventory(*topology_.Up(), kOwnBootId);
  ASSERT_OK(agents);
  const auto refuse = [&](const std::function<void(v1::HostState&)>& bend) {
    v1::HostState state;
    bend(state);
    topology_.receiver.host_state = state;
    EXPECT_THAT(Inspect((*agents)[1]),
                StatusIs(absl::StatusCode::kDataLoss, HasSubstr("agent receiver")));
  };
  refuse([](v1::HostState& state) { state.add_settings()->set_value("\x1b[31m"); });
  refuse([](v1::HostState& state) { state.add_readings()->set_name("two\nlines"); });
  refuse([](v1::HostState& state) { state.add_identity()->set_value(std::string(1 << 20, 'x')); });
  refuse([](v1::HostState& state) {
    for (int i = 0; i < 5000; ++i) state.add_settings()->set_name("x");
  });
  refuse([](v1::HostState& state) { state.add_events()->set_event("cycles"); });
}

}  // namespace
}  // namespace copycost
