#include "agent/measure/sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace copycost {
namespace {

using ::testing::ElementsAre;

constexpr uint64_t kSampledMessageBytes = 100;

class SamplerTest : public ::testing::Test {
 protected:
  Sampler MakeSampler() {
    return Sampler({{.flow = 3,
                     .role = v1::ROLE_RECEIVER,
                     .message_bytes = kSampledMessageBytes,
                     .counters = &counters_}},
                   start_);
  }

  const absl::Time start_ = absl::FromUnixSeconds(1000);
  FlowCounters counters_;
};

TEST_F(SamplerTest, ASampleIsTwoHalvesOf50Ms) {
  Sampler sampler = MakeSampler();
  EXPECT_EQ(sampler.due(), start_ + absl::Milliseconds(50));
  counters_.bytes.Add(300);
  EXPECT_FALSE(sampler.Tick(sampler.due()).has_value());
  EXPECT_EQ(sampler.due(), start_ + absl::Milliseconds(100));
  counters_.bytes.Add(500);
  const auto sample = sampler.Tick(sampler.due());
  ASSERT_TRUE(sample.has_value());
  EXPECT_EQ(sample->begin_ns(), absl::ToUnixNanos(start_));
  EXPECT_EQ(sample->end_ns(), absl::ToUnixNanos(start_ + absl::Milliseconds(100)));
  ASSERT_EQ(sample->flows_size(), 1);
  EXPECT_EQ(sample->flows(0).flow(), 3u);
  EXPECT_EQ(sample->flows(0).role(), v1::ROLE_RECEIVER);
  EXPECT_EQ(sample->flows(0).bytes(), 800u);
  EXPECT_EQ(sample->flows(0).messages(), 8u);
  EXPECT_THAT(sample->flows(0).half_bytes(), ElementsAre(300, 500));
}

TEST_F(SamplerTest, AMessageCountsInTheSampleThatSawItsLastByte) {
  Sampler sampler = MakeSampler();
  std::vector<uint64_t> messages;
  for (uint64_t bytes : {150, 140, 10}) {
    sampler.Tick(sampler.due());
    counters_.bytes.Add(bytes);
    messages.push_back(sampler.Tick(sampler.due())->flows(0).messages());
  }
  EXPECT_THAT(messages, ElementsAre(1, 1, 1));
}

TEST_F(SamplerTest, ASilentFlowIsSampledAsSilent) {
  Sampler sampler = MakeSampler();
  sampler.Tick(sampler.due());
  const auto sample = sampler.Tick(sampler.due());
  ASSERT_TRUE(sample.has_value());
  EXPECT_EQ(sample->flows(0).bytes(), 0u);
}

TEST_F(SamplerTest, ALateTickEndsOneLongHalfAndInventsNone) {
  Sampler sampler = MakeSampler();
  counters_.bytes.Add(1000);
  EXPECT_FALSE(sampler.Tick(start_ + absl::Milliseconds(275)).has_value());
  EXPECT_EQ(sampler.due(), start_ + absl::Milliseconds(300));
  counters_.bytes.Add(100);
  const auto sample = sampler.Tick(sampler.due());
  ASSERT_TRUE(sample.has_value());
  EXPECT_EQ(sample->index(), 0u);
  EXPECT_EQ(sample->begin_ns(), absl::ToUnixNanos(start_));
  EXPECT_EQ(sample->end_ns(), absl::ToUnixNanos(start_ + absl::Milliseconds(300)));
  EXPECT_THAT(sample->flows(0).half_bytes(), ElementsAre(1000, 100));
}

TEST_F(SamplerTest, SlicesFollowEachOtherWithoutGapAndAddUpToTheTotals) {
  Sampler sampler = MakeSampler();
  std::mt19937 random(1);
  uint64_t bytes = 0;
  uint64_t messages = 0;
  uint32_t samples = 0;
  int64_t end_ns = absl::ToUnixNanos(start_);
  for (int i = 0; i < 1000; ++i) {
    counters_.bytes.Add(random() % 500);
    const absl::Time now =
        sampler.due() + absl::Milliseconds(random() % 4 == 0 ? random() % 200 : 0);
    const auto sample = sampler.Tick(now);
    ASSERT_GT(sampler.due(), now);
    if (!sample.has_value()) continue;
    EXPECT_EQ(sample->index(), samples++);
    EXPECT_EQ(sample->begin_ns(), end_ns);
    end_ns = sample->end_ns();
    EXPECT_EQ(end_ns, absl::ToUnixNanos(now));
    const v1::Sample::Flow& flow = sample->flows(0);
    EXPECT_EQ(flow.half_bytes(0) + flow.half_bytes(1), flow.bytes());
    bytes += flow.bytes();
    messages += flow.messages();
  }
  EXPECT_EQ(samples, 500u);
  EXPECT_EQ(bytes, counters_.bytes.Get());
  EXPECT_EQ(messages, counters_.bytes.Get() / kSampledMessageBytes);
}

}  // namespace
}  // namespace copycost
