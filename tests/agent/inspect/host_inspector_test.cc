#include "agent/inspect/host_inspector.h"

#include <algorithm>

#include "agent/measure/perf_counters.h"
#include "common/clock.h"
#include "tests/testing/fake_counters.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::FakeCounters;
using ::copycost::testing::StatusIs;
using ::testing::_;
using ::testing::HasSubstr;

bool Tells(const google::protobuf::RepeatedPtrField<v1::Fact>& facts, absl::string_view name) {
  return std::any_of(facts.begin(), facts.end(), [&](const v1::Fact& fact) {
    return fact.name() == name && !fact.value().empty();
  });
}

class HostInspectorTest : public ::testing::Test {
 protected:
  FakeCounters counters_;
  HostInspector inspector_{counters_};
};

TEST_F(HostInspectorTest, TellsHowThisHostIsSet) {
  v1::InspectRequest request;
  request.add_data_addresses("127.0.0.1");
  request.add_data_addresses("192.0.2.1");  // nobody's
  const auto state = inspector_.Inspect(request);
  ASSERT_OK(state);
  EXPECT_TRUE(Tells(state->identity(), "kernel build"));
  EXPECT_TRUE(Tells(state->settings(), "net.ipv4.tcp_rmem"));
  EXPECT_TRUE(Tells(state->settings(), "lo MTU"));
  EXPECT_TRUE(Tells(state->settings(), "lo features"));
  EXPECT_TRUE(Tells(state->settings(), "lo queueing"));
  EXPECT_TRUE(Tells(state->readings(), "MemAvailable"));
  EXPECT_FALSE(state->has_host_cpu());  // since when?
}

TEST_F(HostInspectorTest, TellsCpuTimeSinceTheLastTime) {
  v1::InspectRequest request;
  request.set_only_cpu(true);
  ASSERT_OK(inspector_.Inspect(request));
  for (const int64_t until = MonotonicNanos() + 30'000'000; MonotonicNanos() < until;) {
  }
  const auto state = inspector_.Inspect(request);
  ASSERT_OK(state);
  EXPECT_GE(state->host_cpu().interval_ns(), 30'000'000);
  EXPECT_GT(state->host_cpu().cpus_size(), 0);
  EXPECT_EQ(state->settings_size(), 0);
}

TEST_F(HostInspectorTest, TellsWhichEventsCanBeCounted) {
  counters_.events["cycles"] = {.opened = absl::NotFoundError("no PMU; buy one")};
  counters_.events["instructions"] = {.user_only = true};
  v1::InspectRequest request;
  for (const char* const event : {"cycles", "instructions", "task-clock"}) {
    request.add_events(event);
  }
  const auto state = inspector_.Inspect(request);
  ASSERT_OK(state);
  ASSERT_EQ(state->events_size(), 3);
  EXPECT_EQ(state->events(0).absent(), "no PMU; buy one");
  EXPECT_TRUE(state->events(1).user_only());
  EXPECT_EQ(state->events(2).event(), "task-clock");
  EXPECT_EQ(state->events(2).absent(), "");
}

TEST_F(HostInspectorTest, RefusesMoreThanAnAgentIsAskedFor) {
  v1::InspectRequest addresses, events, odd;
  for (int i = 0; i < 100; ++i) {
    addresses.add_data_addresses("127.0.0.1");
    events.add_events("cycles");
  }
  odd.add_events("a b");
  EXPECT_THAT(inspector_.Inspect(addresses),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("data_addresses")));
  EXPECT_THAT(inspector_.Inspect(events),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("events")));
  EXPECT_THAT(inspector_.Inspect(odd), StatusIs(absl::StatusCode::kInvalidArgument, _));
}

}  // namespace
}  // namespace copycost
