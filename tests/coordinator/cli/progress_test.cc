#include "coordinator/cli/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "tests/testing/fake_clock.h"
#include "tests/testing/record_builder.h"

namespace copycost {
namespace {

using ::copycost::testing::FakeClock;
using ::copycost::testing::OkTrial;
using ::copycost::testing::OneCellRun;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// A run of one cell, called "cell", over 4 blocks.
class ProgressTest : public ::testing::Test {
 protected:
  ProgressTest() { run_.info.mutable_plan()->mutable_experiment()->set_repeats(4); }

  // What `tell` has put on stderr when all is over.
  std::string Told(bool live, size_t width, const std::function<void(Progress&)>& tell) {
    ::testing::internal::CaptureStderr();
    {
      Progress progress(clock_, run_.info.plan(), {.live = live, .width = width});
      tell(progress);
    }
    return ::testing::internal::GetCapturedStderr();
  }

  v1::TrialRecord After(absl::Duration taken, uint32_t block) {
    clock_.Advance(taken);
    return OkTrial({.block = block});
  }

  FakeClock clock_;
  record::Run run_ = OneCellRun(0);
};

TEST_F(ProgressTest, ElsewhereThanOnATerminalItTellsEveryBlockOnce) {
  EXPECT_EQ(Told(false, 80,
                 [&](Progress& progress) {
                   progress.Tell(After(absl::Seconds(10), 1), true, 0);
                   progress.Tell(After(absl::Seconds(10), 2), true, 0);
                 }),
            "block 1 of 4, 30 s left\nblock 2 of 4, 20 s left\n");
}

TEST_F(ProgressTest, OnATerminalOneLineIsWrittenOverAndTakenAwayAtTheEnd) {
  EXPECT_EQ(Told(true, 80,
                 [&](Progress& progress) { progress.Tell(After(absl::Seconds(10), 1), true, 0); }),
            "\r\033[K1/4  block 1/4  30 s left  cell  8 Gbit/s\r\033[K");
}

TEST_F(ProgressTest, OfAnExchangeTheLatencyIsTold) {
  v1::TrialRecord trial = After(absl::Seconds(10), 1);
  ::copycost::testing::AnswerRequests(trial, v1::PATTERN_RR);
  EXPECT_THAT(Told(true, 80, [&](Progress& progress) { progress.Tell(trial, true, 0); }),
              HasSubstr("cell  502 us"));
}

TEST_F(ProgressTest, TheLineIsCutToTheTerminal) {
  EXPECT_EQ(Told(true, 10,
                 [&](Progress& progress) { progress.Tell(After(absl::Seconds(10), 1), true, 0); }),
            "\r\033[K1/4  bloc\r\033[K");
}

TEST_F(ProgressTest, WhatDidNotGoWellIsToldInFull) {
  v1::TrialRecord trial = After(absl::Seconds(10), 1);
  trial.set_outcome(v1::OUTCOME_INVALID);
  trial.set_reason("flow 0: an end has no window");
  const std::string line = "b1-c1 (cell) attempt 1 invalid: flow 0: an end has no window\n";
  EXPECT_THAT(Told(false, 80, [&](Progress& progress) { progress.Tell(trial, true, 0); }),
              StartsWith(line));
  EXPECT_THAT(Told(true, 10, [&](Progress& progress) { progress.Tell(trial, true, 0); }),
              StartsWith(line));
}

TEST_F(ProgressTest, AnAttemptThatWillBeRepeatedIsNoProgress) {
  const std::string told = Told(true, 80, [&](Progress& progress) {
    progress.Tell(After(absl::Seconds(1), 1), true, 0);
    progress.Tell(After(absl::Seconds(1), 2), false, 0);
  });
  EXPECT_THAT(told, HasSubstr("1/4  block 2/4"));
  EXPECT_THAT(told, Not(HasSubstr("2/4  block 2/4")));
}

TEST_F(ProgressTest, AVerificationIsToldByItsModesAndSize) {
  v1::TrialRecord trial = OkTrial({.block = 0, .mode = v1::SEND_MODE_ZERO_COPY});
  trial.set_purpose(v1::PURPOSE_VERIFY);
  EXPECT_THAT(Told(true, 80, [&](Progress& progress) { progress.Tell(trial, true, 0); }),
              HasSubstr("verifying zero-copy to recv, 64K"));
}

TEST_F(ProgressTest, TrialsThatAreNotToBeMadeAreNotWaitedFor) {
  v1::TrialRecord trial = OkTrial({.block = 0});
  trial.set_purpose(v1::PURPOSE_VERIFY);
  trial.set_outcome(v1::OUTCOME_INVALID);
  run_.info.mutable_plan()->add_verifications();
  EXPECT_THAT(Told(true, 80, [&](Progress& progress) { progress.Tell(trial, true, 0); }),
              HasSubstr("1/5  "));
  EXPECT_THAT(Told(true, 80, [&](Progress& progress) { progress.Tell(trial, true, 4); }),
              HasSubstr("1/1  nearly done"));
}

TEST_F(ProgressTest, ARunWhoseFirstAttemptIsRepeatedIsNotNearlyDone) {
  EXPECT_THAT(Told(true, 80, [&](Progress& progress) { progress.Tell(OkTrial(), false, 0); }),
              Not(HasSubstr("nearly done")));
}

}  // namespace
}  // namespace copycost
