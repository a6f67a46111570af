#include "common/flow_axes.h"

#include "tests/testing/record_builder.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::StatusIs;
using ::copycost::testing::WorkloadOf;
using ::testing::HasSubstr;

v1::Workload Flows(uint32_t threads, uint32_t flows_per_thread) {
  v1::Workload workload = WorkloadOf(v1::SEND_MODE_TWO_COPY, 4096, threads);
  workload.set_flows_per_thread(flows_per_thread);
  return workload;
}

TEST(FlowAxesTest, FlowsAreThoseOfAllThreads) {
  EXPECT_EQ(FlowsOf(Flows(3, 1)), 3u);
  EXPECT_EQ(FlowsOf(Flows(3, 7)), 21u);
  EXPECT_EQ(FlowsOf(Flows(4'000'000'000, 4'000'000'000)), 16'000'000'000'000'000'000u);
}

TEST(FlowAxesTest, ATrialHasNoMoreFlowsThanAnAgentTakesEnds) {
  EXPECT_OK(CheckFlowCount(Flows(256, 4)));
  EXPECT_THAT(CheckFlowCount(Flows(256, 5)),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("256 threads of 5 flows are 1280 flows")));
}

TEST(FlowAxesTest, OnlyAStreamSharesItsThread) {
  EXPECT_OK(CheckSharedThreads(Flows(1, 64)));
  for (const v1::Pattern pattern : {v1::PATTERN_RR, v1::PATTERN_PACED}) {
    v1::Workload workload = Flows(64, 1);
    workload.set_pattern(pattern);
    EXPECT_OK(CheckSharedThreads(workload));
    workload.set_flows_per_thread(2);
    EXPECT_THAT(CheckSharedThreads(workload),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         HasSubstr("an exchange takes its thread whole")));
  }
}

}  // namespace
}  // namespace copycost
