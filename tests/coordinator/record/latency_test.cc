#include "coordinator/record/latency.h"

#include <functional>
#include <memory>
#include <vector>

#include "common/latency_buckets.h"
#include "tests/testing/record_builder.h"
#include "tests/testing/status_matchers.h"

namespace copycost::record {
namespace {

using ::copycost::testing::AnswerRequests;
using ::copycost::testing::EndOf;
using ::copycost::testing::OkTrial;
using ::copycost::testing::StatusIs;
using ::testing::HasSubstr;

// Each flow has latencies of 1, 2, 3 ... us.
v1::TrialRecord Exchanged(uint64_t latencies, uint32_t flows = 1) {
  v1::TrialRecord trial = OkTrial({.flows = flows});
  AnswerRequests(trial, v1::PATTERN_RR, latencies);
  return trial;
}

auto IsAbsent(const std::string& reason) {
  return StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr(reason));
}

constexpr uint32_t kP50 = 5000;
constexpr uint32_t kP90 = 1000;
constexpr uint32_t kP99 = 100;
constexpr uint32_t kP9999 = 1;

TEST(LatencyTest, APercentileIsWhatSoManyDoNotExceed) {
  const v1::TrialRecord trial = Exchanged(1000);
  EXPECT_NEAR(*LatencyUs(trial, Timed::kExchange, kP50), 500, 5);
  EXPECT_NEAR(*LatencyUs(trial, Timed::kExchange, kP90), 900, 9);
  EXPECT_NEAR(*LatencyUs(trial, Timed::kExchange, kP99), 990, 10);
  EXPECT_DOUBLE_EQ(*LongestLatencyUs(trial, Timed::kExchange), 1000);
}

// Pitfall 12: percentiles are taken of all latencies, never averaged.
TEST(LatencyTest, FlowsAreMergedBeforeAnythingIsTold) {
  v1::TrialRecord trial = Exchanged(1000, 2);
  v1::LatencyHistogram& slow = *EndOf(trial, v1::ROLE_SENDER, 1).mutable_latency();
  slow.Clear();
  slow.add_buckets(LatencyBucketOf(50'000'000));
  slow.add_counts(1000);
  slow.set_count(1000);
  slow.set_min_ns(50'000'000);
  slow.set_max_ns(50'000'000);
  EXPECT_NEAR(*LatencyUs(trial, Timed::kExchange, kP50), 1000, 10);
  EXPECT_NEAR(*LatencyUs(trial, Timed::kExchange, kP90), 50'000, 500);
  EXPECT_DOUBLE_EQ(*LongestLatencyUs(trial, Timed::kExchange), 50'000);
}

TEST(LatencyTest, NothingIsToldBeyondTheExtremes) {
  const v1::TrialRecord trial = Exchanged(2);
  EXPECT_GE(*LatencyUs(trial, Timed::kExchange, kP50), 1.0);
  v1::TrialRecord one_value = Exchanged(1000);
  v1::LatencyHistogram& told = *EndOf(one_value, v1::ROLE_SENDER).mutable_latency();
  told.clear_buckets();
  told.clear_counts();
  told.add_buckets(LatencyBucketOf(1'000'000));
  told.add_counts(1000);
  told.set_min_ns(1'000'000);
  told.set_max_ns(1'000'000);
  EXPECT_DOUBLE_EQ(*LatencyUs(one_value, Timed::kExchange, kP99), 1000);
}

TEST(LatencyTest, APercentileNeedsAnExchangeBeyondIt) {
  EXPECT_OK(LatencyUs(Exchanged(10'000), Timed::kExchange, kP9999));
  EXPECT_THAT(LatencyUs(Exchanged(9'999), Timed::kExchange, kP9999),
              IsAbsent("too few exchanges: 9999 lay in the window, it takes 10000"));
  EXPECT_OK(LatencyUs(Exchanged(100), Timed::kExchange, kP99));
  EXPECT_THAT(LatencyUs(Exchanged(99), Timed::kExchange, kP99), IsAbsent("it takes 100"));
  EXPECT_THAT(LatencyUs(Exchanged(1), Timed::kExchange, kP50), IsAbsent("it takes 2"));
  EXPECT_OK(LongestLatencyUs(Exchanged(1), Timed::kExchange));
}

TEST(LatencyTest, WithoutAnExchangeInTheWindowNothingIsTold) {
  EXPECT_THAT(LatencyUs(Exchanged(0), Timed::kExchange, kP50),
              IsAbsent("no exchanges lay within the window"));
  EXPECT_THAT(LongestLatencyUs(Exchanged(0), Timed::kExchange),
              IsAbsent("no exchanges lay within the window"));
}

TEST(LatencyTest, AStreamHasNone) {
  EXPECT_THAT(LatencyUs(OkTrial(), Timed::kExchange, kP50), IsAbsent("the pattern is stream"));
  EXPECT_THAT(LongestLatencyUs(OkTrial(), Timed::kExchange), IsAbsent("the pattern is stream"));
}

TEST(LatencyTest, AFlowThatTellsNoneLeavesAllUntold) {
  v1::TrialRecord trial = Exchanged(1000, 2);
  EndOf(trial, v1::ROLE_SENDER, 1).clear_latency();
  EXPECT_THAT(LatencyUs(trial, Timed::kExchange, kP50),
              IsAbsent("flow 1's sender timed no exchanges"));
}

TEST(LatencyTest, AHistogramThatContradictsItselfIsNotBelieved) {
  const v1::TrialRecord good = Exchanged(1000);
  const v1::LatencyHistogram& told = good.agents(0).finished().flows(0).latency();
  EXPECT_OK(CheckLatency(told));
  EXPECT_OK(CheckLatency(v1::LatencyHistogram()));
  const int last = told.buckets_size() - 1;
  const std::vector<std::function<void(v1::LatencyHistogram&)>> bends = {
      [](v1::LatencyHistogram& bent) { bent.add_buckets(kLatencyBuckets - 1); },
      [](v1::LatencyHistogram& bent) { bent.mutable_counts()->RemoveLast(); },
      [](v1::LatencyHistogram& bent) { bent.set_count(bent.count() + 1); },
      [](v1::LatencyHistogram& bent) { bent.mutable_buckets()->SwapElements(0, 1); },
      [](v1::LatencyHistogram& bent) { bent.set_buckets(1, bent.buckets(0)); },
      [last](v1::LatencyHistogram& bent) { bent.set_buckets(last, kLatencyBuckets); },
      [](v1::LatencyHistogram& bent) { bent.set_max_ns(bent.max_ns() * 2); },
      [](v1::LatencyHistogram& bent) { bent.set_min_ns(1); },
      [](v1::LatencyHistogram& bent) {
        bent.set_count(bent.count() - bent.counts(0));
        bent.set_counts(0, 0);
      },
      // Counts that add up by overflowing.
      [](v1::LatencyHistogram& bent) {
        bent.set_counts(0, bent.counts(0) + (uint64_t{1} << 63));
        bent.set_counts(1, bent.counts(1) + (uint64_t{1} << 63));
      },
  };
  for (size_t i = 0; i < bends.size(); ++i) {
    v1::TrialRecord trial = good;
    v1::LatencyHistogram& bent = *EndOf(trial, v1::ROLE_SENDER).mutable_latency();
    bends[i](bent);
    EXPECT_TRUE(absl::IsDataLoss(CheckLatency(bent))) << i;
    EXPECT_THAT(LatencyUs(trial, Timed::kExchange, kP50), IsAbsent("histogram of latencies")) << i;
  }
}

// Requests took 1, 2, 3 ... us on their way.
v1::TrialRecord OneWay(uint64_t requests) {
  v1::TrialRecord trial = Exchanged(10);
  *EndOf(trial, v1::ROLE_RECEIVER).mutable_one_way() =
      EndOf(*std::make_unique<v1::TrialRecord>(Exchanged(requests)), v1::ROLE_SENDER).latency();
  return trial;
}

TEST(LatencyTest, TheWayOfARequestIsToldByTheEndThatTakesIt) {
  const v1::TrialRecord trial = OneWay(1000);
  EXPECT_NEAR(*LatencyUs(trial, Timed::kOneWay, kP50), 500, 5);
  EXPECT_NEAR(*LatencyUs(trial, Timed::kExchange, kP50), 5, 1);
}

TEST(LatencyTest, OneWayTakesOneClock) {
  v1::TrialRecord other_kernel = OneWay(1000);
  other_kernel.mutable_agents(1)->set_boot_id("boot-2");
  EXPECT_THAT(LatencyUs(other_kernel, Timed::kOneWay, kP50), IsAbsent("do not share a clock"));
  v1::TrialRecord apart = OneWay(1000);
  apart.mutable_agents(1)->set_clock_offset_ns(-2'000'000);
  apart.mutable_agents(1)->set_clock_error_ns(1'000'000);
  EXPECT_THAT(LatencyUs(apart, Timed::kOneWay, kP50), IsAbsent("do not share a clock"));
  apart.mutable_agents(0)->set_clock_error_ns(1'000'000);
  EXPECT_OK(LatencyUs(apart, Timed::kOneWay, kP50));
}

TEST(LatencyTest, OneWayTakesRequestsThatSayWhenTheyWereMade) {
  v1::TrialRecord trial = OneWay(1000);
  trial.mutable_workload()->set_touch(v1::TOUCH_NONE);
  EXPECT_THAT(LatencyUs(trial, Timed::kOneWay, kP50), IsAbsent("--touch"));
  EXPECT_THAT(LatencyUs(OkTrial(), Timed::kOneWay, kP50), IsAbsent("the pattern is stream"));
  trial = OneWay(1000);
  EndOf(trial, v1::ROLE_RECEIVER).clear_one_way();
  EXPECT_THAT(LatencyUs(trial, Timed::kOneWay, kP50), IsAbsent("timed no requests"));
}

TEST(LatencyTest, OnlyModesThatLendTheirBuffersWaitForThem) {
  v1::TrialRecord trial = OkTrial({.mode = v1::SEND_MODE_ZERO_COPY});
  EXPECT_THAT(LatencyUs(trial, Timed::kBufferReuse, kP50), IsAbsent("no buffers lay within"));
  *EndOf(trial, v1::ROLE_SENDER).mutable_buffer_reuse() =
      EndOf(*std::make_unique<v1::TrialRecord>(Exchanged(1000)), v1::ROLE_SENDER).latency();
  EXPECT_NEAR(*LatencyUs(trial, Timed::kBufferReuse, kP99), 990, 10);
  EXPECT_THAT(LatencyUs(OkTrial(), Timed::kBufferReuse, kP50), IsAbsent("with each call"));
}

}  // namespace
}  // namespace copycost::record
