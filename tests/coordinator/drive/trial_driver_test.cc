#include "coordinator/drive/trial_driver.h"

#include "absl/strings/str_cat.h"
#include "tests/testing/trial_driver_fixture.h"

namespace copycost {
namespace {

using ::copycost::testing::Order;
using ::copycost::testing::StatusIs;
using ::copycost::testing::Step;
using ::copycost::testing::TrialDriverFixture;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class TrialDriverTest : public TrialDriverFixture {};

TEST_F(TrialDriverTest, RecordsWhatWasAskedAndAllThatWasHeard) {
  const v1::TrialRecord trial = Run();
  EXPECT_EQ(trial.trial_id(), "b001-c003");
  EXPECT_EQ(trial.attempt(), 1u);
  EXPECT_EQ(trial.block(), 1u);
  EXPECT_EQ(trial.cell_id(), 3u);
  EXPECT_EQ(trial.purpose(), v1::PURPOSE_MEASURE);
  EXPECT_GT(trial.ended_unix_ns(), trial.started_unix_ns());
  ASSERT_EQ(trial.agents_size(), 2);
  for (const v1::AgentRecord& agent : trial.agents()) {
    EXPECT_EQ(agent.prepare().epoch(), 7u);
    EXPECT_EQ(agent.prepare().ends_size(), 2);
    EXPECT_TRUE(agent.has_ready());
    EXPECT_EQ(agent.samples_size(), 6);
    EXPECT_TRUE(agent.has_finished());
  }
  EXPECT_EQ(trial.agents(0).prepare().data_address(), "198.18.0.1");
  EXPECT_EQ(trial.agents(0).prepare().content_seed(), trial.agents(1).prepare().content_seed());
}

// Both agents are on one host, whose CPUs are counted once.
TEST_F(TrialDriverTest, CountsEventsInTrialsThatMeasureTheSameInAllOfABlock) {
  TrialOrder order = Order();
  order.block = 5;
  const v1::TrialRecord trial = Run(order);
  for (const v1::AgentRecord& agent : trial.agents()) {
    const v1::Instruments& instruments = agent.prepare().instruments();
    ASSERT_EQ(instruments.thread_groups_size(), 1);
    EXPECT_EQ(instruments.thread_groups(0).events(0), "cycles");
    EXPECT_EQ(instruments.turn(), 5u);
  }
  EXPECT_EQ(trial.agents(0).prepare().instruments().cpu_groups_size(), 1);
  EXPECT_EQ(trial.agents(1).prepare().instruments().cpu_groups_size(), 0);
  order.purpose = v1::PURPOSE_VERIFY;
  order.workload.set_touch(v1::TOUCH_VERIFY);
  const v1::TrialRecord verified = Run(order);
  for (const v1::AgentRecord& agent : verified.agents()) {
    EXPECT_FALSE(agent.prepare().has_instruments());
  }
}

// One agent of a host takes the samples, and nothing is counted that would cost as well.
TEST_F(TrialDriverTest, TakesSamplesInLedgerTrialsOnly) {
  TrialOrder order = Order();
  TrialDriver driver(
      clock_, agents_,
      {.hold = request_, .events = {events_}, .ledger_hz = 499, .on_waiting = nullptr});
  const auto run = [&](v1::Purpose purpose) {
    order.purpose = purpose;
    return *driver.Run(order, [](const v1::TrialRecord&) { return absl::OkStatus(); });
  };
  const v1::TrialRecord sampled = run(v1::PURPOSE_LEDGER);
  EXPECT_EQ(sampled.agents(0).prepare().instruments().sampling_hz(), 499u);
  EXPECT_EQ(sampled.agents(1).prepare().instruments().sampling_hz(), 0u);
  EXPECT_EQ(sampled.agents(0).prepare().instruments().thread_groups_size(), 0);
  const v1::TrialRecord measured = run(v1::PURPOSE_MEASURE);
  EXPECT_EQ(measured.agents(0).prepare().instruments().sampling_hz(), 0u);
}

// Threads tell how long they waited for a CPU all the same.
TEST_F(TrialDriverTest, CountingNoEventsIsNoLackOfInstruments) {
  TrialDriver driver(clock_, agents_,
                     {.hold = request_, .session = 2, .events = {}, .on_waiting = nullptr});
  const auto trial = driver.Run(Order(), [](const v1::TrialRecord&) { return absl::OkStatus(); });
  ASSERT_OK(trial);
  for (const v1::AgentRecord& agent : trial->agents()) {
    EXPECT_TRUE(agent.prepare().has_instruments());
    EXPECT_EQ(agent.prepare().instruments().thread_groups_size(), 0);
  }
}

TrialOrder ExchangeOrder() {
  TrialOrder order = Order();
  order.workload.set_pattern(v1::PATTERN_RR);
  order.workload.set_response_bytes(4096);
  return order;
}

TEST_F(TrialDriverTest, TakesExchangesFromBothEnds) {
  const v1::TrialRecord trial = Run(ExchangeOrder());
  EXPECT_EQ(trial.outcome(), v1::OUTCOME_OK) << trial.reason();
  EXPECT_TRUE(trial.agents(1).finished().flows(0).has_responses());
}

TEST_F(TrialDriverTest, AHistogramThatContradictsItselfMakesAnAttemptInvalid) {
  sender_.Play({{.bend_finished = [](v1::Finished& finished) {
    finished.mutable_flows(0)->mutable_latency()->add_buckets(4'000'000'000);
  }}});
  EXPECT_THAT(Run(ExchangeOrder()).reason(), HasSubstr("flow 0: its histogram of latencies"));
  EXPECT_THAT(Outcomes(), ElementsAre(v1::OUTCOME_INVALID));
}

TEST_F(TrialDriverTest, WhereBothEndsPinTheirRingsShareTheSmallerLimit) {
  TrialOrder order = ExchangeOrder();
  order.workload.set_ring_depth(0);
  agents_[1].description.set_locked_memory_bytes(2 * 5 * (18 + 3) * 4096);  // 5 each of 2 threads
  EXPECT_EQ(Run(order).workload().ring_depth(), 5u);
}

TEST_F(TrialDriverTest, UsesTheAddressesOfTheWorkloadsIpVersion) {
  TrialOrder order = Order();
  order.workload.set_ip_version(v1::IP_VERSION_6);
  EXPECT_EQ(Run(order).agents(1).prepare().data_address(), "2001:2::2");
}

TEST_F(TrialDriverTest, ResolvesTheRingDepthByTheSendersLockedMemory) {
  TrialOrder order = Order();
  order.workload.set_ring_depth(0);
  agents_[0].description.set_locked_memory_bytes(2 * 4 * 18 * 4096);  // 4 messages of 2 threads
  EXPECT_EQ(Run(order).workload().ring_depth(), 4u);
}

TEST_F(TrialDriverTest, FlowsOfOneThreadAreAskedForAndHaveRingsOfTheirOwn) {
  TrialOrder order = Order();
  order.workload.set_flows_per_thread(3);
  order.workload.set_ring_depth(0);
  agents_[0].description.set_locked_memory_bytes(6 * 4 * 18 * 4096);  // 4 messages of 6 flows
  const v1::TrialRecord trial = Run(order);
  EXPECT_EQ(trial.outcome(), v1::OUTCOME_OK) << trial.reason();
  EXPECT_EQ(trial.workload().ring_depth(), 4u);
  ASSERT_EQ(trial.agents(0).prepare().ends_size(), 6);
  EXPECT_EQ(trial.agents(0).prepare().ends(2).thread(), 0u);
  EXPECT_EQ(trial.agents(0).prepare().ends(3).thread(), 1u);
}

TEST_F(TrialDriverTest, AnInvalidTrialIsStoredAndNotRepeated) {
  receiver_.Play({{.bend_finished = [](v1::Finished& finished) {
    finished.mutable_flows(0)->set_total_bytes(1);
  }}});
  const v1::TrialRecord trial = Run();
  EXPECT_THAT(trial.reason(), HasSubstr("1 delivered"));
  EXPECT_FALSE(trial.transport_failure());
  EXPECT_THAT(Outcomes(), ElementsAre(v1::OUTCOME_INVALID));
}

TEST_F(TrialDriverTest, WindowsThatDoNotOverlapAreStoredAndNotRepeated) {
  receiver_.Play({{.bend_finished = [](v1::Finished& finished) {
    v1::WindowCounts& window = *finished.mutable_flows(0)->mutable_window();
    window.set_opened_ns(window.opened_ns() + 300'000'000);
    window.set_closed_ns(window.closed_ns() + 300'000'000);
  }}});
  EXPECT_THAT(Run().reason(), HasSubstr("overlap by 50.0 % only"));
  EXPECT_THAT(Outcomes(), ElementsAre(v1::OUTCOME_INVALID));
}

TEST_F(TrialDriverTest, AFlaggedMeasurementIsNotRepeated) {
  sender_.Play({{.bend_finished = [](v1::Finished& finished) {
    for (v1::FlowResult& flow : *finished.mutable_flows()) {
      flow.mutable_evidence()->set_zero_copy_copied(flow.evidence().zero_copy_sends());
    }
  }}});
  EXPECT_THAT(Run().flags(), ElementsAre(v1::FLAG_KERNEL_COPIED));
  EXPECT_THAT(Outcomes(), ElementsAre(v1::OUTCOME_OK));
}

TEST_F(TrialDriverTest, ALostCompletionIsInvalid) {
  sender_.Play({{.bend_finished = [](v1::Finished& finished) {
    v1::Evidence& evidence = *finished.mutable_flows(1)->mutable_evidence();
    evidence.set_zero_copy_completions(evidence.zero_copy_sends() - 1);
  }}});
  EXPECT_THAT(Run().reason(), HasSubstr("flow 1: of "));
  EXPECT_THAT(Outcomes(), ElementsAre(v1::OUTCOME_INVALID));
}

TEST_F(TrialDriverTest, AFailureOfTransportIsTriedAgainAndBothAttemptsAreGiven) {
  sender_.Play({{.end_at = Step::kStart, .end = absl::UnavailableError("connection reset")}, {}});
  const v1::TrialRecord trial = Run();
  EXPECT_EQ(trial.outcome(), v1::OUTCOME_OK);
  EXPECT_EQ(trial.attempt(), 2u);
  EXPECT_THAT(Outcomes(), ElementsAre(v1::OUTCOME_FAILED, v1::OUTCOME_OK));
  EXPECT_TRUE(attempts_[0].transport_failure());
  EXPECT_EQ(attempts_[0].reason(), "sender: connection reset");
  EXPECT_NE(attempts_[0].agents(0).prepare().ends(0).nonce(),
            attempts_[1].agents(0).prepare().ends(0).nonce());
}

TEST_F(TrialDriverTest, FailuresOfTransportAreTriedThreeTimesAtMost) {
  receiver_.Play({{.end_at = Step::kConnect, .end = absl::UnavailableError("port taken")}});
  EXPECT_TRUE(Run().transport_failure());
  EXPECT_THAT(Outcomes(), ElementsAre(v1::OUTCOME_FAILED, v1::OUTCOME_FAILED, v1::OUTCOME_FAILED));
  EXPECT_EQ(receiver_.attempts, 3);
}

TEST_F(TrialDriverTest, ATrialThatWasLeftIsGoneOnWithWhereItWasLeft) {
  receiver_.Play({{.end_at = Step::kConnect, .end = absl::UnavailableError("port taken")}});
  TrialOrder order = Order();
  order.attempt = 7;
  order.transport_failures = 2;
  EXPECT_EQ(Run(order).attempt(), 7u);
  EXPECT_EQ(attempts_[0].transport_failures(), 3u);
  EXPECT_EQ(receiver_.attempts, 1);
}

// Else the record could be stored, but never be read.
TEST_F(TrialDriverTest, AReasonIsUtf8WhateverTheAgentSays) {
  receiver_.Play({{.end_at = Step::kStart, .end = absl::InternalError("not \xff text")}});
  EXPECT_EQ(Run().reason(), "receiver: not ? text");
}

TEST_F(TrialDriverTest, OtherFailuresAreNotTriedAgain) {
  for (const absl::Status& end :
       {absl::FailedPreconditionError("epoch 7 is over"), absl::InternalError("a defect"),
        absl::InvalidArgumentError("ends: bad"), absl::DataLossError("byte 5 is wrong")}) {
    attempts_.clear();
    receiver_.Play({{.end_at = Step::kStart, .end = end}});
    const v1::TrialRecord trial = Run();
    EXPECT_EQ(trial.reason(), absl::StrCat("receiver: ", end.message()));
    EXPECT_FALSE(trial.transport_failure()) << end;
    EXPECT_EQ(trial.outcome(), absl::IsDataLoss(end) ? v1::OUTCOME_INVALID : v1::OUTCOME_FAILED);
    EXPECT_EQ(attempts_.size(), 1u) << end;
  }
}

TEST_F(TrialDriverTest, AfterAnInterruptNothingRunsAnyMore) {
  driver_.Interrupt();
  EXPECT_EQ(Run().outcome(), v1::OUTCOME_INTERRUPTED);
  EXPECT_THAT(topology_.log, Not(Contains(HasSubstr("< start"))));
}

TEST_F(TrialDriverTest, ALostAgentIsWaitedForAndHeldAnew) {
  sender_.Play({{.silent_from = Step::kStart}, {}});
  sender_.away_until = clock_.Now() + absl::Seconds(20);
  const v1::TrialRecord trial = Run();
  EXPECT_EQ(trial.outcome(), v1::OUTCOME_OK);
  EXPECT_THAT(Outcomes(), ElementsAre(v1::OUTCOME_FAILED, v1::OUTCOME_OK));
  EXPECT_EQ(waits_, 1);
  EXPECT_EQ(clock_.Now() > sender_.away_until, true);
  EXPECT_THAT(sender_.tokens, ElementsAre(request_.token(), request_.token()));
  EXPECT_EQ(sender_.held, 1);
  EXPECT_EQ(trial.agents(0).prepare().epoch(), 8u);
}

TEST_F(TrialDriverTest, AnAgentThatKnowsOfNoHoldIsHeldAnew) {
  receiver_.Play({{.end_at = Step::kPrepare, .end = absl::AbortedError("nobody holds it")}, {}});
  EXPECT_EQ(Run().outcome(), v1::OUTCOME_OK);
  EXPECT_THAT(Outcomes(), ElementsAre(v1::OUTCOME_FAILED, v1::OUTCOME_OK));
  EXPECT_TRUE(attempts_[0].transport_failure());
  EXPECT_THAT(receiver_.tokens, ElementsAre(request_.token(), request_.token()));
}

TEST_F(TrialDriverTest, AnAgentThatDoesNotComeBackEndsTheRunAndLeavesTheTrialOpen) {
  sender_.Play({{.silent_from = Step::kStart}});
  sender_.away_until = absl::InfiniteFuture();
  const auto last = driver_.Run(Order(), [this](const v1::TrialRecord& attempt) {
    attempts_.push_back(attempt);
    return absl::OkStatus();
  });
  EXPECT_THAT(
      last, StatusIs(absl::StatusCode::kUnavailable, HasSubstr("agent sender: has not come back")));
  ASSERT_EQ(attempts_.size(), 1u);
  EXPECT_FALSE(IsOver(PastAttemptOf(attempts_[0])));
  EXPECT_EQ(attempts_[0].session(), 2u);
}

TEST_F(TrialDriverTest, AnAttemptThatCannotBeStoredEndsTheRun) {
  sender_.Play({{.end_at = Step::kStart, .end = absl::UnavailableError("connection reset")}});
  const auto outcome = driver_.Run(
      Order(), [](const v1::TrialRecord&) { return absl::ResourceExhaustedError("disk full"); });
  EXPECT_THAT(outcome, StatusIs(absl::StatusCode::kResourceExhausted, "disk full"));
  EXPECT_EQ(sender_.attempts, 1);
}

TEST_F(TrialDriverTest, AVerificationRunsWithoutAWindow) {
  TrialOrder order = Order();
  order.purpose = v1::PURPOSE_VERIFY;
  order.workload.set_touch(v1::TOUCH_VERIFY);
  order.workload.set_read(v1::READ_VERIFY);
  order.workload.set_messages_per_flow(100);
  order.workload.set_warmup_ns(0);
  order.workload.set_window_ns(0);
  const v1::TrialRecord trial = Run(order);
  EXPECT_EQ(trial.outcome(), v1::OUTCOME_OK) << trial.reason();
  EXPECT_THAT(trial.flags(), IsEmpty());
}

}  // namespace
}  // namespace copycost
