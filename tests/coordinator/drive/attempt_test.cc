#include "coordinator/drive/attempt.h"

#include "tests/testing/trial_driver_fixture.h"

namespace copycost {
namespace {

using ::copycost::testing::Step;
using ::copycost::testing::TrialDriverFixture;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// Attempts as the driver makes them.
class AttemptTest : public TrialDriverFixture {};

TEST_F(AttemptTest, TakesATrialThroughItsAgentsStepByStep) {
  const v1::TrialRecord trial = Run();
  EXPECT_EQ(trial.outcome(), v1::OUTCOME_OK) << trial.reason();
  EXPECT_THAT(
      topology_.log,
      ElementsAre("sender < prepare", "sender > listening", "receiver < prepare",
                  "receiver > listening", "sender < connect", "sender > ready",
                  "receiver < connect", "receiver > ready", "sender < start", "receiver < start",
                  "sender > finished", "receiver < finish", "receiver > finished"));
}

TEST_F(AttemptTest, StartsEachAgentByItsOwnClock) {
  agents_[1].description.set_boot_id("another");
  agents_[1].clock.offset = absl::Hours(1);
  const v1::TrialRecord trial = Run();
  ASSERT_EQ(trial.outcome(), v1::OUTCOME_OK) << trial.reason();
  const int64_t sender_opened = trial.agents(0).finished().flows(0).window().opened_ns();
  const int64_t receiver_opened = trial.agents(1).finished().flows(0).window().opened_ns();
  EXPECT_EQ(receiver_opened - sender_opened, absl::ToInt64Nanoseconds(absl::Hours(1)));
}

TEST_F(AttemptTest, ReceiversAreToldToFinishWhenTheSendersHaveHoweverLongTheyDrain) {
  sender_.Play({{.drain = absl::Seconds(3)}});
  EXPECT_EQ(Run().outcome(), v1::OUTCOME_OK);
  EXPECT_LT(Place("sender > finished"), Place("receiver < finish"));
  EXPECT_THAT(topology_.log, Not(Contains("sender < finish")));
}

// METHOD.md, pitfall 10: no sleep stands for a barrier.
TEST_F(AttemptTest, ReceiversAreNeverToldToFinishWhileASenderHasNot) {
  sender_.Play({{.stuck_from = Step::kStart}});
  const v1::TrialRecord trial = Run();
  EXPECT_EQ(trial.outcome(), v1::OUTCOME_FAILED);
  EXPECT_EQ(trial.reason(), "waited too long for sender to finish sending");
  EXPECT_THAT(topology_.log, Not(Contains("receiver < finish")));
}

TEST_F(AttemptTest, WhatWasNotAppliedAsAskedNeverStarts) {
  sender_.Play(
      {{.bend_ready = [](v1::Ready& ready) { ready.mutable_applied()->set_congestion("reno"); }}});
  EXPECT_THAT(Run().reason(), HasSubstr("sender applied congestion \"reno\""));
  EXPECT_THAT(Outcomes(), ElementsAre(v1::OUTCOME_INVALID));
  EXPECT_THAT(topology_.log, Not(Contains(HasSubstr("< start"))));
}

TEST_F(AttemptTest, AgentsThatEndEarlyWithoutAWordAreFailuresOfTransport) {
  receiver_.Play({{.end_at = Step::kStart, .end = absl::OkStatus()}});
  EXPECT_TRUE(Run().transport_failure());
  EXPECT_EQ(attempts_.size(), 3u);
}

TEST_F(AttemptTest, AnAgentThatIsShutDownIsLostWhateverItsPeerMisses) {
  sender_.Play({{.end_at = Step::kStart, .end = absl::CancelledError("shutting down")}, {}});
  receiver_.Play({{.end_at = Step::kStart, .end = absl::DataLossError("the stream ended")}, {}});
  EXPECT_EQ(Run().outcome(), v1::OUTCOME_OK);
  EXPECT_EQ(attempts_[0].reason(), "sender is lost: shutting down");
  EXPECT_EQ(waits_, 1);
}

// An agent that is cut off stops before it counts as lost: its peer is heard first.
TEST_F(AttemptTest, AnAgentThatIsSilentIsLostWhateverItsPeerMisses) {
  sender_.Play({{.silent_from = Step::kStart}, {}});
  receiver_.Play({{.end_at = Step::kStart,
                   .end = absl::DataLossError("the stream ended"),
                   .end_delay = absl::Milliseconds(900)},
                  {}});
  EXPECT_EQ(Run().outcome(), v1::OUTCOME_OK);
  EXPECT_EQ(attempts_[0].reason(), "sender was silent for 1.5s: it is lost");
  EXPECT_EQ(waits_, 1);
}

// Samples are kept as they come, in memory and in results.db.
TEST_F(AttemptTest, MoreSamplesThanTheTrialHasTimeForAreAFailure) {
  // 200 ms, 600 ms and twice 10 s to finish in.
  for (const size_t samples : {208, 209}) {
    attempts_.clear();
    sender_.Play({{.bend_samples = [samples](std::vector<v1::Sample>& told) {
      told.resize(samples, told.back());
    }}});
    const v1::TrialRecord trial = Run();
    EXPECT_EQ(trial.outcome(), samples > 208 ? v1::OUTCOME_FAILED : v1::OUTCOME_OK);
    EXPECT_EQ(trial.agents(0).samples_size(), 208);
    EXPECT_EQ(attempts_.size(), 1u);
  }
  EXPECT_EQ(attempts_.back().reason(),
            "sender sent over 208 samples, more than there was time for");
}

TEST_F(AttemptTest, ASampleOfMoreFlowsThanTheAgentHasIsAFailure) {
  receiver_.Play({{.bend_samples = [](std::vector<v1::Sample>& told) {
    *told[0].add_flows() = told[0].flows(0);
  }}});
  EXPECT_EQ(Run().reason(), "receiver sent a sample of 3 flows where it has 2");
  EXPECT_THAT(Outcomes(), ElementsAre(v1::OUTCOME_FAILED));
}

TEST_F(AttemptTest, AFailureAfterFinishedIsAFailure) {
  receiver_.Play({{.last_word = absl::InternalError("late")}});
  EXPECT_EQ(Run().reason(), "receiver: late");
  EXPECT_THAT(Outcomes(), ElementsAre(v1::OUTCOME_FAILED));
}

TEST_F(AttemptTest, AnAgentThatIsSilentForOneAndAHalfSecondsIsLost) {
  for (const Step step : {Step::kPrepare, Step::kConnect, Step::kStart, Step::kFinish}) {
    attempts_.clear();
    receiver_.attempts = 0;
    receiver_.Play({{.silent_from = step}, {}});
    EXPECT_EQ(Run().outcome(), v1::OUTCOME_OK);
    EXPECT_EQ(attempts_[0].reason(), "receiver was silent for 1.5s: it is lost");
    EXPECT_TRUE(attempts_[0].transport_failure());
  }
}

TEST_F(AttemptTest, HeartbeatsKeepASlowAgentAlive) {
  sender_.Play({{.drain = absl::Seconds(9)}});
  EXPECT_EQ(Run().outcome(), v1::OUTCOME_OK);
  EXPECT_EQ(attempts_.size(), 1u);
}

TEST_F(AttemptTest, HeartbeatsDoNotKeepAStuckAgentForGood) {
  for (const Step step : {Step::kPrepare, Step::kConnect, Step::kFinish}) {
    receiver_.Play({{.stuck_from = step}});
    EXPECT_THAT(Run().reason(), HasSubstr("waited too long for receiver to "));
  }
  EXPECT_THAT(Outcomes(), Each(v1::OUTCOME_FAILED));
  EXPECT_EQ(attempts_.size(), 3u);
}

// What one agent's failure does to its peers is heard first, as often as not.
TEST_F(AttemptTest, TheCauseIsToldAndNotTheLostConnectionItLedTo) {
  sender_.Play({{.end_at = Step::kStart, .end = absl::UnavailableError("connection reset")}});
  receiver_.Play({{.end_at = Step::kStart,
                   .end = absl::DataLossError("byte 5 is wrong"),
                   .end_delay = absl::Milliseconds(100)}});
  EXPECT_EQ(Run().reason(), "receiver: byte 5 is wrong");
  EXPECT_THAT(Outcomes(), ElementsAre(v1::OUTCOME_INVALID));
}

// A stream that ends short is what an agent's death looks like from its peer.
TEST_F(AttemptTest, AnAgentThatIsLostIsTheCauseOfWhatItsPeerMisses) {
  sender_.Play({{.end_at = Step::kStart,
                 .end = LostAgentError("Socket closed"),
                 .end_delay = absl::Milliseconds(100)}});
  receiver_.Play({{.end_at = Step::kStart, .end = absl::DataLossError("the stream ended early")}});
  Run();
  EXPECT_EQ(attempts_[0].reason(), "sender is lost: Socket closed");
  EXPECT_EQ(attempts_[0].outcome(), v1::OUTCOME_FAILED);
  EXPECT_TRUE(attempts_[0].transport_failure());
}

TEST_F(AttemptTest, AnInterruptEndsTheAttemptThatRuns) {
  clock_.Schedule(clock_.Now() + absl::Milliseconds(100), [this] { driver_.Interrupt(); });
  const v1::TrialRecord trial = Run();
  EXPECT_EQ(trial.outcome(), v1::OUTCOME_INTERRUPTED);
  EXPECT_FALSE(trial.transport_failure());
  EXPECT_TRUE(driver_.interrupted());
  EXPECT_EQ(attempts_.size(), 1u);
  EXPECT_TRUE(trial.agents(0).has_ready()) << "what was heard is kept";
}

}  // namespace
}  // namespace copycost
