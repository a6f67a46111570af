#include "common/axis_values.h"

#include "tests/testing/record_builder.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::WorkloadOf;

AxisValue Find(const v1::Workload& workload, const std::string& axis) {
  for (const AxisValue& value : AxisValuesOf(workload)) {
    if (value.axis == axis) return value;
  }
  ADD_FAILURE() << axis;
  return {};
}

TEST(AxisValuesTest, GivesEachAxisItsWordAsTyped) {
  const v1::Workload workload = WorkloadOf(v1::SEND_MODE_ZERO_COPY, 65536, 4);
  EXPECT_EQ(Find(workload, "send_mode").word, "zero-copy");
  EXPECT_EQ(Find(workload, "ip_version").word, "4");
  EXPECT_EQ(Find(workload, "message_bytes").word, "64K");
  EXPECT_EQ(Find(workload, "message_bytes").number, 65536);
  EXPECT_EQ(Find(workload, "threads").number, 4);
  EXPECT_EQ(Find(workload, "congestion").word, "cubic");
}

TEST(AxisValuesTest, AWordForZeroStandsInsteadOfANumber) {
  v1::Workload workload = WorkloadOf(v1::SEND_MODE_ZERO_COPY);
  workload.set_ring_depth(0);
  EXPECT_EQ(Find(workload, "ring_depth").word, "auto");
  EXPECT_EQ(Find(workload, "ring_depth").number, std::nullopt);
}

TEST(AxisValuesTest, TellsWhichAxesAPatternHasNoPartFor) {
  v1::Workload workload = WorkloadOf(v1::SEND_MODE_ZERO_COPY);
  EXPECT_FALSE(Find(workload, "response_bytes").applies);
  EXPECT_FALSE(Find(workload, "rate").applies);
  EXPECT_TRUE(Find(workload, "message_bytes").applies);
  workload.set_pattern(v1::PATTERN_RR);
  EXPECT_TRUE(Find(workload, "response_bytes").applies);
  EXPECT_FALSE(Find(workload, "rate").applies);
  workload.set_pattern(v1::PATTERN_PACED);
  EXPECT_TRUE(Find(workload, "rate").applies);
}

TEST(AxisValuesTest, TellsWhichAxesATransportHasNoPartFor) {
  v1::Workload workload = WorkloadOf(v1::SEND_MODE_TWO_COPY);
  for (const char* axis : {"mtu", "congestion", "nodelay", "message_bytes"}) {
    EXPECT_TRUE(Find(workload, axis).applies) << axis;
  }
  workload.set_transport(v1::TRANSPORT_UDP);
  for (const char* axis : {"mtu", "mss_bytes", "receive_buffer_bytes", "message_bytes"}) {
    EXPECT_TRUE(Find(workload, axis).applies) << axis;
  }
  for (const char* axis : {"congestion", "nodelay", "pacing_bits_per_s"}) {
    EXPECT_FALSE(Find(workload, axis).applies) << axis;
  }
  workload.set_transport(v1::TRANSPORT_UNIX);
  for (const char* axis : {"mtu", "congestion", "nodelay", "pacing_bits_per_s"}) {
    EXPECT_FALSE(Find(workload, axis).applies) << axis;
  }
  EXPECT_TRUE(Find(workload, "message_bytes").applies);
}

TEST(AxisValuesTest, WhatIsFixedForARunIsNoAxis) {
  for (const AxisValue& value : AxisValuesOf({})) {
    EXPECT_NE(value.axis, "warmup_ns");
    EXPECT_NE(value.axis, "messages_per_flow");
  }
}

}  // namespace
}  // namespace copycost
