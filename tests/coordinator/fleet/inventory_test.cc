#include "coordinator/fleet/inventory.h"

#include "absl/strings/str_cat.h"
#include "tests/testing/fake_topology.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::FakeClock;
using ::copycost::testing::FakeTopology;
using ::copycost::testing::kOwnBootId;
using ::copycost::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

class InventoryTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::vector<FleetAgent>> Take() {
    return TakeInventory(*topology_.Up(), kOwnBootId);
  }

  FakeClock clock_;
  FakeTopology topology_{clock_};
};

TEST_F(InventoryTest, DescribesEveryMemberInOrder) {
  topology_.receiver.description.set_kernel("6.1");
  const auto agents = Take();
  ASSERT_OK(agents);
  ASSERT_EQ(agents->size(), 2u);
  EXPECT_EQ((*agents)[0].member.name, "sender");
  EXPECT_EQ((*agents)[1].member.name, "receiver");
  EXPECT_EQ((*agents)[1].description.kernel(), "6.1");
}

TEST_F(InventoryTest, RefusesAnAgentOfAnotherProtocolByItsName) {
  topology_.receiver.description.set_version("9.0.0");
  topology_.receiver.description.set_protocol_min(kProtocol + 1);
  topology_.receiver.description.set_protocol_max(kProtocol + 2);
  EXPECT_THAT(
      Take(),
      StatusIs(absl::StatusCode::kFailedPrecondition,
               AllOf(HasSubstr("agent receiver: "), HasSubstr("9.0.0"),
                     HasSubstr(absl::StrCat("protocol ", kProtocol + 1, " to ", kProtocol + 2)),
                     HasSubstr("same version"))));
}

TEST_F(InventoryTest, TakesANewerAgentThatStillSpeaksOurProtocol) {
  topology_.receiver.description.set_protocol_max(kProtocol + 2);
  EXPECT_OK(Take());
}

TEST_F(InventoryTest, RefusesAnAgentThatNoFlowCouldBeGivenTo) {
  topology_.sender.description.clear_cpus();
  EXPECT_THAT(Take(), StatusIs(absl::StatusCode::kFailedPrecondition,
                               AllOf(HasSubstr("agent sender"), HasSubstr("no CPU"))));
}

TEST_F(InventoryTest, RefusesAnAgentOnAnUnknownHost) {
  topology_.sender.description.clear_boot_id();
  EXPECT_THAT(Take(), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("boot id")));
}

TEST_F(InventoryTest, NamesTheAgentThatDoesNotAnswer) {
  topology_.receiver.describe_status = absl::UnavailableError("no route");
  EXPECT_THAT(Take(), StatusIs(absl::StatusCode::kUnavailable, "agent receiver: no route"));
}

TEST_F(InventoryTest, AgentsOnThisHostShareItsClock) {
  const auto agents = Take();
  ASSERT_OK(agents);
  EXPECT_EQ(topology_.sender.probes, 0);
  EXPECT_EQ((*agents)[0].clock.offset, absl::ZeroDuration());
  EXPECT_EQ((*agents)[0].clock.error, absl::ZeroDuration());
}

TEST_F(InventoryTest, ClocksOfOtherHostsAreProbedOftenEnough) {
  topology_.receiver.description.set_boot_id("boot-2");
  topology_.receiver.clock_offset =
      ClockOffset{.offset = absl::Seconds(5), .error = absl::Microseconds(20)};
  const auto agents = Take();
  ASSERT_OK(agents);
  EXPECT_EQ(topology_.sender.probes, 0);
  EXPECT_GE(topology_.receiver.probes, 20);  // METHOD.md, "Start"
  EXPECT_EQ((*agents)[1].clock.offset, absl::Seconds(5));
  EXPECT_EQ((*agents)[1].clock.error, absl::Microseconds(20));
}

TEST_F(InventoryTest, NamesTheAgentWhoseClockCannotBeProbed) {
  topology_.receiver.description.set_boot_id("boot-2");
  topology_.receiver.clock_offset = absl::UnavailableError("gone");
  EXPECT_THAT(Take(), StatusIs(absl::StatusCode::kUnavailable, "agent receiver: gone"));
}

TEST_F(InventoryTest, EveryAgentIsHeldAsLongAsTheFleetLives) {
  {
    auto agents = Take();
    ASSERT_OK(agents);
    ASSERT_OK(HoldAll(*agents, v1::HoldRequest()));
    EXPECT_EQ(topology_.sender.held, 1);
    EXPECT_EQ(topology_.receiver.held, 1);
  }
  EXPECT_EQ(topology_.sender.held, 0);
  EXPECT_EQ(topology_.receiver.held, 0);
}

TEST_F(InventoryTest, NamesTheAgentThatIsHeldAlreadyAndByWhom) {
  topology_.receiver.hold_status = absl::ResourceExhaustedError("this agent is held by ann");
  auto agents = Take();
  ASSERT_OK(agents);
  EXPECT_THAT(
      HoldAll(*agents, v1::HoldRequest()),
      StatusIs(absl::StatusCode::kResourceExhausted, "agent receiver: this agent is held by ann"));
}

TEST_F(InventoryTest, TheBootIdIsAUuid) { EXPECT_EQ(OwnBootId().size(), 36u) << OwnBootId(); }

}  // namespace
}  // namespace copycost
