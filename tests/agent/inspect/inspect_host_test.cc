#include "agent/inspect/inspect_host.h"

#include <algorithm>

#include "tests/testing/fake_kernel.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::FakeKernel;
using ::copycost::testing::StatusIs;
using ::testing::_;
using ::testing::HasSubstr;

bool Tells(const google::protobuf::RepeatedPtrField<v1::Fact>& facts, absl::string_view name) {
  return std::any_of(facts.begin(), facts.end(), [&](const v1::Fact& fact) {
    return fact.name() == name && !fact.value().empty();
  });
}

TEST(InspectHostTest, TellsHowThisHostIsSet) {
  v1::InspectRequest request;
  request.add_data_addresses("127.0.0.1");
  request.add_data_addresses("192.0.2.1");  // nobody's
  const auto state = InspectHost(request);
  ASSERT_OK(state);
  EXPECT_TRUE(Tells(state->identity(), "kernel build"));
  EXPECT_TRUE(Tells(state->settings(), "net.ipv4.tcp_rmem"));
  EXPECT_TRUE(Tells(state->settings(), "lo MTU"));
  EXPECT_TRUE(Tells(state->settings(), "lo features"));
  EXPECT_TRUE(Tells(state->settings(), "lo queueing"));
  EXPECT_TRUE(Tells(state->readings(), "MemAvailable"));
  EXPECT_GT(state->cpu().cpus_size(), 0);
}

TEST(InspectHostTest, TellsCpuTimesAlone) {
  v1::InspectRequest request;
  request.set_only_cpu(true);
  request.add_data_addresses("127.0.0.1");
  const auto state = InspectHost(request);
  ASSERT_OK(state);
  EXPECT_GT(state->cpu().at_ns(), 0);
  EXPECT_GT(state->cpu().cpus_size(), 0);
  EXPECT_EQ(state->settings_size(), 0);
}

TEST(InspectHostTest, TellsWhichEventsCanBeCounted) {
  FakeKernel kernel;
  kernel.count = [](const std::string& event,
                    const CounterTarget&) -> absl::StatusOr<Kernel::Counted> {
    if (event == "cycles") return absl::NotFoundError("no PMU; buy one");
    return Kernel::Counted{.value = 1, .user_only = true};
  };
  v1::InspectRequest request;
  for (const char* const event : {"cycles", "instructions", "task-clock"}) {
    request.add_events(event);
  }
  const auto state = InspectHost(request, kernel);
  ASSERT_OK(state);
  ASSERT_EQ(state->events_size(), 3);
  EXPECT_EQ(state->events(0).absent(), "no PMU; buy one");
  EXPECT_TRUE(state->events(1).user_only());
  EXPECT_EQ(state->events(2).event(), "task-clock");
  EXPECT_EQ(state->events(2).absent(), "");
}

TEST(InspectHostTest, RefusesMoreThanAnAgentIsAskedFor) {
  v1::InspectRequest addresses, events, odd;
  for (int i = 0; i < 100; ++i) {
    addresses.add_data_addresses("127.0.0.1");
    events.add_events("cycles");
  }
  odd.add_events("a b");
  EXPECT_THAT(InspectHost(addresses),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("data_addresses")));
  EXPECT_THAT(InspectHost(events),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("events")));
  EXPECT_THAT(InspectHost(odd), StatusIs(absl::StatusCode::kInvalidArgument, _));
}

}  // namespace
}  // namespace copycost
