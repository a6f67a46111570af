#include "agent/measure/profiler.h"

#include <time.h>

#include "absl/base/attributes.h"
#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "agent/host_info.h"
#include "tests/testing/status_matchers.h"

namespace copycost {

// Not in an unnamed namespace: its name is looked for.
ABSL_ATTRIBUTE_NOINLINE uint64_t SpinForProfile(absl::Duration how_long) {
  uint64_t turns = 0;
  for (const absl::Time end = absl::Now() + how_long; absl::Now() < end;) {
    for (int i = 0; i < 10'000; ++i) {
      ++turns;
      asm volatile("" : "+r"(turns));  // or the loop would be gone
    }
  }
  return turns;
}

namespace {

using ::testing::HasSubstr;

uint64_t SamplesWith(const v1::Profile& profile, absl::string_view function, v1::Runner runner) {
  uint64_t samples = 0;
  for (const v1::Stack& stack : profile.stacks()) {
    const bool has = std::any_of(stack.frames().begin(), stack.frames().end(), [&](uint32_t name) {
      return profile.names(static_cast<int>(name)) == function;
    });
    if (has && stack.runner() == runner) samples += stack.samples();
  }
  return samples;
}

class ProfilerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<std::unique_ptr<Profiler>> opened = Profiler::Open(OnlineCpus(), 999);
    if (!opened.ok()) {
      EXPECT_THAT(opened.status().message(), HasSubstr(";"));  // with a remedy
      GTEST_SKIP() << opened.status().message();
    }
    profiler_ = *std::move(opened);
  }

  std::unique_ptr<Profiler> profiler_;
};

TEST_F(ProfilerTest, SeesWhatAThreadDoesAndWhoseItIs) {
  profiler_->LearnThreads();
  ASSERT_OK(profiler_->Begin());
  for (int i = 0; i < 4; ++i) {
    SpinForProfile(absl::Milliseconds(50));
    profiler_->Drain();
  }
  profiler_->End();
  const v1::Profile profile = profiler_->Tell();
  ASSERT_EQ(profile.absent(), "");
  EXPECT_EQ(profile.hz(), 999u);
  EXPECT_EQ(profile.cpus(), OnlineCpus().size());
  EXPECT_GT(SamplesWith(profile, "copycost::SpinForProfile", v1::RUNNER_AGENT), 20u);
  EXPECT_EQ(SamplesWith(profile, "copycost::SpinForProfile", v1::RUNNER_OTHER), 0u);
  EXPECT_EQ(profile.sender_threads() + profile.receiver_threads(), 0u);
  uint64_t weight = 0, samples = 0;
  for (const v1::Stack& stack : profile.stacks()) {
    weight += stack.weight();
    samples += stack.samples();
    EXPECT_LE(stack.kernel_frames(), static_cast<uint32_t>(stack.frames_size()));
  }
  if (profile.event() == "cpu-clock") {
    EXPECT_NEAR(static_cast<double>(weight) / static_cast<double>(samples), 1e9 / 999, 1e4);
  }
}

TEST_F(ProfilerTest, WhoIsNotLearntOfIsAnother) {
  ASSERT_OK(profiler_->Begin());
  SpinForProfile(absl::Milliseconds(100));
  profiler_->End();
  const v1::Profile profile = profiler_->Tell();
  EXPECT_GT(SamplesWith(profile, "[other program]", v1::RUNNER_OTHER), 10u);
  EXPECT_EQ(SamplesWith(profile, "copycost::SpinForProfile", v1::RUNNER_OTHER), 0u);
}

TEST_F(ProfilerTest, WhatComesAfterTheEndIsNotSeen) {
  profiler_->LearnThreads();
  ASSERT_OK(profiler_->Begin());
  profiler_->End();
  SpinForProfile(absl::Milliseconds(50));
  profiler_->Drain();
  EXPECT_LT(SamplesWith(profiler_->Tell(), "copycost::SpinForProfile", v1::RUNNER_AGENT), 5u);
}

}  // namespace
}  // namespace copycost
