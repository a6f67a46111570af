#include "coordinator/drive/judge.h"

#include "tests/testing/record_builder.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::AgentOf;
using ::copycost::testing::AnswerRequests;
using ::copycost::testing::EndOf;
using ::copycost::testing::OkTrial;
using ::copycost::testing::StatusIs;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr absl::StatusCode kDataLoss = absl::StatusCode::kDataLoss;
constexpr v1::Role kSender = v1::ROLE_SENDER;
constexpr v1::Role kReceiver = v1::ROLE_RECEIVER;

// Two flows, two CPUs for each of their ends.
v1::TrialRecord GoodTrial(v1::SendMode mode = v1::SEND_MODE_TWO_COPY) {
  v1::TrialRecord trial = OkTrial({.mode = mode, .flows = 2});
  for (v1::AgentRecord& agent : *trial.mutable_agents()) agent.set_cpus(4);
  return trial;
}

v1::TrialRecord GoodZeroCopyTrial(uint64_t copied) {
  v1::TrialRecord trial = GoodTrial(v1::SEND_MODE_ZERO_COPY);
  for (int flow : {0, 1}) {
    EndOf(trial, kSender, flow).mutable_evidence()->set_zero_copy_copied(copied);
  }
  return trial;
}

v1::TrialRecord GoodVerification() {
  v1::TrialRecord trial = GoodTrial();
  trial.mutable_workload()->set_touch(v1::TOUCH_VERIFY);
  trial.mutable_workload()->set_read(v1::READ_VERIFY);
  trial.mutable_workload()->set_messages_per_flow(10);
  for (int flow : {0, 1}) {
    for (v1::Role role : {kSender, kReceiver}) {
      EndOf(trial, role, flow).clear_window();
      EndOf(trial, role, flow).set_total_bytes(655360);
    }
    EndOf(trial, kReceiver, flow).set_verified_bytes(655360);
  }
  return trial;
}

void ShiftWindow(v1::FlowResult& end, int64_t by_ns) {
  end.mutable_window()->set_opened_ns(end.window().opened_ns() + by_ns);
  end.mutable_window()->set_closed_ns(end.window().closed_ns() + by_ns);
}

// Sender and receiver of flow 0 are bound to the same CPU.
void ShareACpu(v1::TrialRecord& trial) {
  for (v1::AgentRecord& agent : *trial.mutable_agents()) {
    agent.mutable_ready()->mutable_ends(0)->set_cpu(7);
  }
}

// The receiver's samples of the window, each half of 50 ms with so many bytes.
void AddSamples(v1::TrialRecord& trial, const std::vector<uint64_t>& halves) {
  int64_t at_ns = EndOf(trial, kReceiver).window().opened_ns();
  for (size_t i = 0; i + 1 < halves.size(); i += 2) {
    v1::Sample& sample = *AgentOf(trial, kReceiver).add_samples();
    sample.set_begin_ns(at_ns);
    sample.set_middle_ns(at_ns + 50'000'000);
    sample.set_end_ns(at_ns += 100'000'000);
    v1::Sample::Flow& flow = *sample.add_flows();
    flow.set_role(kReceiver);
    flow.add_half_bytes(halves[i]);
    flow.add_half_bytes(halves[i + 1]);
  }
}

TEST(JudgeTest, WhatIsAsItShouldBeIsValidAndUnremarkable) {
  for (const v1::TrialRecord& trial : {GoodTrial(), GoodZeroCopyTrial(0), GoodVerification()}) {
    ASSERT_OK(CheckFinished(trial));
    EXPECT_THAT(FlagsOf(trial), IsEmpty());
  }
}

TEST(JudgeTest, AFlowWithoutResultsIsInvalid) {
  v1::TrialRecord trial = GoodTrial();
  for (v1::Role role : {kSender, kReceiver}) {
    AgentOf(trial, role).mutable_finished()->mutable_flows()->RemoveLast();
  }
  EXPECT_THAT(CheckFinished(trial), StatusIs(kDataLoss, "1 flows have results, 2 were asked"));
}

TEST(JudgeTest, AFlowWithOneEndIsInvalid) {
  v1::TrialRecord trial = GoodTrial();
  AgentOf(trial, kReceiver).mutable_finished()->mutable_flows()->RemoveLast();
  EXPECT_THAT(CheckFinished(trial), StatusIs(kDataLoss, HasSubstr("flow 1: only one of its ends")));
}

TEST(JudgeTest, BytesThatWereNotDeliveredAreInvalid) {
  v1::TrialRecord trial = GoodTrial();
  EndOf(trial, kReceiver, 1).set_total_bytes(EndOf(trial, kSender, 1).total_bytes() - 1);
  EXPECT_THAT(CheckFinished(trial),
              StatusIs(kDataLoss, HasSubstr("flow 1: 6000000000 bytes were "
                                            "accepted, 5999999999 delivered")));
}

TEST(JudgeTest, MoreBytesThanWereSentAreInvalidToo) {
  v1::TrialRecord trial = GoodTrial();
  EndOf(trial, kReceiver).set_total_bytes(EndOf(trial, kSender).total_bytes() + 1);
  EXPECT_THAT(CheckFinished(trial), StatusIs(kDataLoss, HasSubstr("flow 0")));
}

TEST(JudgeTest, DatagramsThatAreLostAreARemarkAndThoseThatNobodySentInvalid) {
  v1::TrialRecord trial = GoodTrial();
  trial.mutable_workload()->set_transport(v1::TRANSPORT_UDP);
  EXPECT_OK(CheckFinished(trial));
  EXPECT_THAT(FlagsOf(trial), IsEmpty());
  v1::FlowResult& receiver = EndOf(trial, kReceiver, 1);
  receiver.set_total_bytes(receiver.total_bytes() / 2);
  receiver.mutable_window()->set_bytes(receiver.window().bytes() / 2);
  EXPECT_OK(CheckFinished(trial));
  // Once, and not as an imbalance besides.
  EXPECT_THAT(FlagsOf(trial), ElementsAre(v1::FLAG_LOSSY));
  EndOf(trial, kReceiver, 0).set_total_bytes(EndOf(trial, kSender, 0).total_bytes() + 1);
  EXPECT_THAT(CheckFinished(trial), StatusIs(kDataLoss, HasSubstr("flow 0")));
}

TEST(JudgeTest, OfDatagramsThatAreVerifiedNoneMayBeLost) {
  v1::TrialRecord trial = GoodVerification();
  trial.mutable_workload()->set_transport(v1::TRANSPORT_UDP);
  EXPECT_OK(CheckFinished(trial));
  EndOf(trial, kReceiver).set_total_bytes(655360 - 65536);
  EndOf(trial, kReceiver).set_verified_bytes(655360 - 65536);
  EXPECT_THAT(CheckFinished(trial), StatusIs(kDataLoss, HasSubstr("were due")));
}

TEST(JudgeTest, BytesThatWereNotVerifiedAreInvalidInAVerification) {
  v1::TrialRecord trial = GoodVerification();
  EndOf(trial, kReceiver, 1).set_verified_bytes(655359);
  EXPECT_THAT(CheckFinished(trial),
              StatusIs(kDataLoss, HasSubstr("flow 1: of 655360 bytes only 655359 were verified")));
}

TEST(JudgeTest, AnotherNumberOfMessagesThanWereDueIsInvalid) {
  v1::TrialRecord trial = GoodVerification();
  for (v1::Role role : {kSender, kReceiver}) EndOf(trial, role).set_total_bytes(65536);
  EndOf(trial, kReceiver).set_verified_bytes(65536);
  EXPECT_THAT(CheckFinished(trial),
              StatusIs(kDataLoss, HasSubstr("65536 bytes were delivered, 655360 were due")));
}

// METHOD.md, pitfall 4.
TEST(JudgeTest, AZeroCopySendThatWasNeverCompletedIsInvalid) {
  v1::TrialRecord trial = GoodZeroCopyTrial(0);
  v1::Evidence& evidence = *EndOf(trial, kSender, 1).mutable_evidence();
  evidence.set_zero_copy_completions(evidence.zero_copy_sends() - 1);
  EXPECT_THAT(CheckFinished(trial), StatusIs(kDataLoss, HasSubstr("flow 1: of ")));
}

TEST(JudgeTest, AnEndWithoutAWindowIsInvalid) {
  for (v1::Role role : {kSender, kReceiver}) {
    v1::TrialRecord trial = GoodTrial();
    EndOf(trial, role).clear_window();
    EXPECT_THAT(CheckFinished(trial), StatusIs(kDataLoss, HasSubstr("has no window")));
  }
}

TEST(JudgeTest, WindowsTellTheMessagesThatTheirEndsSeeAndNoOthers) {
  v1::TrialRecord stream = GoodTrial();
  EndOf(stream, kReceiver).mutable_window()->set_messages(0);
  EXPECT_THAT(CheckFinished(stream), StatusIs(kDataLoss, HasSubstr("tells no messages, or")));
  for (v1::Role role : {kSender, kReceiver}) {
    v1::TrialRecord exchange = GoodTrial();
    AnswerRequests(exchange, v1::PATTERN_RR, 1);
    EndOf(exchange, role).mutable_window()->clear_messages();
    EXPECT_THAT(CheckFinished(exchange), StatusIs(kDataLoss, HasSubstr("tells no messages")));
  }
}

TEST(JudgeTest, WindowsThatOverlapByLessThan99PercentAreInvalid) {
  v1::TrialRecord trial = GoodTrial();
  ShiftWindow(EndOf(trial, kReceiver), 5'900'000);  // of 600 ms
  EXPECT_OK(CheckFinished(trial));
  ShiftWindow(EndOf(trial, kReceiver), 200'000);
  EXPECT_THAT(CheckFinished(trial), StatusIs(kDataLoss, HasSubstr("overlap by 99.0 % only")));
  ShiftWindow(EndOf(trial, kReceiver), 1'000'000'000);
  EXPECT_THAT(CheckFinished(trial), StatusIs(kDataLoss, HasSubstr("overlap by 0.0 % only")));
}

TEST(JudgeTest, AWindowThatIsMuchLongerThanTheOtherIsInvalid) {
  v1::TrialRecord trial = GoodTrial();
  v1::WindowCounts& window = *EndOf(trial, kSender).mutable_window();
  window.set_closed_ns(window.closed_ns() + 10'000'000);
  EXPECT_THAT(CheckFinished(trial), StatusIs(kDataLoss, HasSubstr("overlap")));
}

TEST(JudgeTest, WhatClocksLeaveInDoubtIsNoOverlap) {
  v1::TrialRecord trial = GoodTrial();
  AgentOf(trial, kSender).set_clock_error_ns(4'000'000);  // of 600 ms
  AgentOf(trial, kReceiver).set_clock_error_ns(4'000'000);
  EXPECT_OK(CheckFinished(trial));  // one host, one clock, whatever the coordinator knows of it
  AgentOf(trial, kReceiver).set_boot_id("boot-2");
  EXPECT_THAT(CheckFinished(trial),
              StatusIs(kDataLoss, HasSubstr("by 98.7 % only, the clocks being known to 8000 us")));
  AgentOf(trial, kReceiver).set_clock_error_ns(1'000'000);
  EXPECT_OK(CheckFinished(trial));
}

TEST(JudgeTest, WindowsAreComparedOnOneClock) {
  v1::TrialRecord trial = GoodTrial();
  AgentOf(trial, kReceiver).set_boot_id("boot-2");
  AgentOf(trial, kSender).set_clock_offset_ns(-3'000'000'000);
  AgentOf(trial, kReceiver).set_clock_offset_ns(5'000'000'000);
  EXPECT_THAT(CheckFinished(trial), StatusIs(kDataLoss, HasSubstr("overlap by 0.0 %")));
  for (int flow : {0, 1}) ShiftWindow(EndOf(trial, kReceiver, flow), 8'000'000'000);
  EXPECT_OK(CheckFinished(trial));
}

TEST(JudgeTest, AWindowInWhichNothingCameIsInvalid) {
  v1::TrialRecord trial = GoodTrial();
  EndOf(trial, kReceiver, 1).mutable_window()->set_bytes(0);
  EXPECT_THAT(CheckFinished(trial), StatusIs(kDataLoss, HasSubstr("flow 1: nothing was received")));
}

v1::TrialRecord GoodExchange(v1::Pattern pattern = v1::PATTERN_RR) {
  v1::TrialRecord trial = GoodTrial(v1::SEND_MODE_ZERO_COPY);
  for (int flow : {0, 1}) EndOf(trial, kSender, flow).mutable_evidence()->set_zero_copy_copied(0);
  AnswerRequests(trial, pattern);
  return trial;
}

TEST(JudgeTest, AnExchangeThatIsAsItShouldBeIsValidAndUnremarkable) {
  const v1::TrialRecord trial = GoodExchange();
  ASSERT_OK(CheckFinished(trial));
  EXPECT_THAT(FlagsOf(trial), IsEmpty());
}

TEST(JudgeTest, ResponsesAreCheckedAsRequestsAre) {
  v1::TrialRecord trial = GoodExchange();
  EndOf(trial, kSender, 1).mutable_responses()->set_total_bytes(5'999'999'999);
  EXPECT_THAT(CheckFinished(trial),
              StatusIs(kDataLoss,
                       "flow 1: 6000000000 bytes of responses were accepted, 5999999999 "
                       "delivered"));
  trial = GoodExchange();
  v1::Evidence& sent = *EndOf(trial, kReceiver).mutable_responses()->mutable_evidence();
  sent.set_zero_copy_completions(sent.zero_copy_sends() - 1);
  EXPECT_THAT(CheckFinished(trial), StatusIs(kDataLoss, HasSubstr("zero-copy sends of responses")));
  trial = GoodVerification();
  AnswerRequests(trial, v1::PATTERN_RR);
  EXPECT_OK(CheckFinished(trial));
  EndOf(trial, kSender).mutable_responses()->set_verified_bytes(1);
  EXPECT_THAT(CheckFinished(trial),
              StatusIs(kDataLoss, HasSubstr("bytes of responses only 1 were verified")));
  trial = GoodVerification();
  AnswerRequests(trial, v1::PATTERN_RR);
  trial.mutable_workload()->set_response_bytes(8);
  EXPECT_THAT(CheckFinished(trial),
              StatusIs(kDataLoss, HasSubstr("bytes of responses were delivered, 80 were due")));
}

TEST(JudgeTest, ResponsesBelongToExchangesAndToNothingElse) {
  v1::TrialRecord trial = GoodExchange();
  EndOf(trial, kReceiver, 1).clear_responses();
  EXPECT_THAT(CheckFinished(trial), StatusIs(kDataLoss, HasSubstr("nothing of its responses")));
  trial = GoodTrial();
  EndOf(trial, kSender).mutable_responses();
  EXPECT_THAT(CheckFinished(trial), StatusIs(kDataLoss, HasSubstr("and there are none")));
}

TEST(JudgeTest, LatenciesThatContradictThemselvesAreInvalid) {
  v1::TrialRecord trial = GoodExchange();
  EndOf(trial, kSender, 1).mutable_latency()->set_count(1);
  EXPECT_THAT(CheckFinished(trial), StatusIs(kDataLoss, HasSubstr("flow 1: its histogram")));
  trial = GoodExchange();
  EndOf(trial, kSender).set_total_messages(999);
  EXPECT_THAT(CheckFinished(trial),
              StatusIs(kDataLoss, HasSubstr("more than there were exchanges")));
  trial = GoodExchange();
  EndOf(trial, kSender).clear_latency();
  EXPECT_THAT(CheckFinished(trial), StatusIs(kDataLoss, HasSubstr("tells no latencies")));
  trial = GoodTrial();
  EndOf(trial, kSender).mutable_latency();
  EXPECT_THAT(CheckFinished(trial),
              StatusIs(kDataLoss, HasSubstr("latencies that it cannot have")));
}

// 1000 a second of each flow, over 600 ms; one of each may end just beyond its window.
TEST(JudgeTest, RemarksThatTheRateWasNotReached) {
  v1::TrialRecord trial = GoodExchange(v1::PATTERN_PACED);
  const auto end_in_window = [&](uint64_t first, uint64_t second) {
    EndOf(trial, kSender, 0).mutable_window()->set_messages(first);
    EndOf(trial, kSender, 1).mutable_window()->set_messages(second);
  };
  end_in_window(600, 600);
  EXPECT_THAT(FlagsOf(trial), IsEmpty());
  end_in_window(600, 586);
  EXPECT_THAT(FlagsOf(trial), IsEmpty());
  end_in_window(600, 585);
  EXPECT_THAT(FlagsOf(trial), ElementsAre(v1::FLAG_SATURATED));
  trial.mutable_workload()->set_pattern(v1::PATTERN_RR);
  EXPECT_THAT(FlagsOf(trial), IsEmpty());
}

// Windows open at 1 s. A working set of 100 messages.
TEST(JudgeTest, RemarksThatAWindowOpenedInTheFirstPassThroughTheWorkingSet) {
  v1::TrialRecord trial = GoodTrial();
  v1::Sample& sample = *AgentOf(trial, kSender).add_samples();
  sample.set_begin_ns(900'000'000);
  sample.set_end_ns(1'000'000'000);
  for (uint32_t flow : {0, 1}) {
    v1::Sample::Flow& end = *sample.add_flows();
    end.set_flow(flow);
    end.set_role(kSender);
    end.set_messages(100);
  }
  EXPECT_THAT(FlagsOf(trial), IsEmpty());
  trial.mutable_workload()->set_working_set_bytes(100 * trial.workload().message_bytes());
  EXPECT_THAT(FlagsOf(trial), IsEmpty());
  sample.mutable_flows(1)->set_messages(99);
  EXPECT_THAT(FlagsOf(trial), ElementsAre(v1::FLAG_FIRST_PASS));
  sample.set_end_ns(999'999'999);  // what came after is not known
  EXPECT_THAT(FlagsOf(trial), IsEmpty());
  sample.set_end_ns(1'000'000'000);
  // Both ends send. Of responses that are smaller it takes more to come through their set.
  sample.mutable_flows(1)->set_messages(100);
  v1::TrialRecord exchange = GoodExchange();
  *AgentOf(exchange, kSender).add_samples() = sample;
  trial = exchange;
  trial.mutable_workload()->set_working_set_bytes(100 * trial.workload().message_bytes());
  EXPECT_THAT(FlagsOf(trial), IsEmpty());
  trial.mutable_workload()->set_response_bytes(trial.workload().message_bytes() / 2);
  EXPECT_THAT(FlagsOf(trial), ElementsAre(v1::FLAG_FIRST_PASS));
}

TEST(JudgeTest, OneExchangeMoreOnOneSideIsNoImbalance) {
  v1::TrialRecord trial = GoodExchange();
  for (int flow : {0, 1}) {
    EndOf(trial, kSender, flow).mutable_window()->set_bytes(10 * 131072);
    EndOf(trial, kReceiver, flow).mutable_window()->set_bytes(11 * 131072);
  }
  EXPECT_THAT(FlagsOf(trial), IsEmpty());
  EndOf(trial, kReceiver).mutable_window()->set_bytes(12 * 131072);
  EXPECT_THAT(FlagsOf(trial), ElementsAre(v1::FLAG_UNBALANCED));
}

TEST(JudgeTest, MappedAndCopiedCountInBothDirections) {
  v1::TrialRecord trial = GoodExchange();
  trial.mutable_workload()->set_receive_mode(v1::RECEIVE_MODE_MAPPED);
  for (int flow : {0, 1}) {
    v1::FlowResult& server = EndOf(trial, kReceiver, flow);
    server.mutable_evidence()->set_mapped_bytes(server.total_bytes());
  }
  EXPECT_THAT(FlagsOf(trial), IsEmpty());  // half of all
  EndOf(trial, kReceiver).mutable_evidence()->set_mapped_bytes(0);
  EXPECT_THAT(FlagsOf(trial), ElementsAre(v1::FLAG_NOT_MAPPED));
  trial.mutable_workload()->set_receive_mode(v1::RECEIVE_MODE_RECV);
  EndOf(trial, kReceiver).mutable_responses()->mutable_evidence()->set_zero_copy_copied(1);
  EXPECT_THAT(FlagsOf(trial), ElementsAre(v1::FLAG_PARTLY_KERNEL_COPIED));
}

// METHOD.md, pitfall 5.
TEST(JudgeTest, RemarksThatTheKernelCopiedEveryZeroCopySend) {
  v1::TrialRecord trial = GoodZeroCopyTrial(0);
  for (int flow : {0, 1}) {
    v1::Evidence& evidence = *EndOf(trial, kSender, flow).mutable_evidence();
    evidence.set_zero_copy_copied(evidence.zero_copy_sends());
  }
  EXPECT_THAT(FlagsOf(trial), ElementsAre(v1::FLAG_KERNEL_COPIED));
}

TEST(JudgeTest, RemarksThatTheKernelCopiedSomeZeroCopySends) {
  EXPECT_THAT(FlagsOf(GoodZeroCopyTrial(1)), ElementsAre(v1::FLAG_PARTLY_KERNEL_COPIED));
}

TEST(JudgeTest, RemarksThatLessThanHalfWasMapped) {
  v1::TrialRecord trial = GoodTrial();
  trial.mutable_workload()->set_receive_mode(v1::RECEIVE_MODE_MAPPED);
  const auto map = [&](uint64_t of_each_two_bytes) {
    for (int flow : {0, 1}) {
      v1::FlowResult& end = EndOf(trial, kReceiver, flow);
      end.mutable_evidence()->set_mapped_bytes(end.total_bytes() / 2 * of_each_two_bytes);
    }
  };
  map(2);
  EXPECT_THAT(FlagsOf(trial), IsEmpty());
  map(1);
  EXPECT_THAT(FlagsOf(trial), IsEmpty());
  EndOf(trial, kReceiver, 1).mutable_evidence()->set_mapped_bytes(0);
  EXPECT_THAT(FlagsOf(trial), ElementsAre(v1::FLAG_NOT_MAPPED));
  trial.mutable_workload()->set_receive_mode(v1::RECEIVE_MODE_RECV);
  EXPECT_THAT(FlagsOf(trial), IsEmpty());
}

TEST(JudgeTest, RemarksMoreThreadsThanCpusOnAHost) {
  v1::TrialRecord trial = GoodTrial();
  ShareACpu(trial);
  EXPECT_THAT(FlagsOf(trial), ElementsAre(v1::FLAG_OVERSUBSCRIBED));
  AgentOf(trial, kReceiver).set_boot_id("boot-2");  // two hosts, each with a CPU of that number
  EXPECT_THAT(FlagsOf(trial), IsEmpty());
}

// Both ends of a flow are then on one CPU; those of two flows are not.
TEST(JudgeTest, EndsThatThePlacementPutsTogetherAreNotTooMany) {
  v1::TrialRecord trial = GoodTrial();
  trial.mutable_workload()->set_placement(v1::PLACEMENT_SAME_CPU);
  ShareACpu(trial);
  EXPECT_THAT(FlagsOf(trial), IsEmpty());
  trial = OkTrial({.flows = 2});
  trial.mutable_workload()->set_placement(v1::PLACEMENT_SAME_CPU);
  for (v1::AgentRecord& agent : *trial.mutable_agents()) {
    for (v1::AppliedEnd& end : *agent.mutable_ready()->mutable_ends()) end.set_cpu(7);
  }
  EXPECT_THAT(FlagsOf(trial), ElementsAre(v1::FLAG_OVERSUBSCRIBED));
}

TEST(JudgeTest, FlowsOfOneThreadShareItsCpuAndAreNoMoreThreads) {
  v1::TrialRecord trial = OkTrial({.flows = 6, .flows_per_thread = 3});
  EXPECT_OK(CheckFinished(trial));
  EXPECT_THAT(FlagsOf(trial), IsEmpty());
  for (int flow : {3, 4, 5}) {
    AgentOf(trial, kSender).mutable_ready()->mutable_ends(flow)->set_cpu(0);
  }
  EXPECT_THAT(FlagsOf(trial), ElementsAre(v1::FLAG_OVERSUBSCRIBED));
}

TEST(JudgeTest, RemarksThatMoreThanOnePercentWasInFlight) {
  v1::TrialRecord trial = GoodTrial();
  EndOf(trial, kSender).mutable_window()->set_bytes(611'000'000);  // of 600 and 600
  EXPECT_THAT(FlagsOf(trial), IsEmpty());
  EndOf(trial, kSender).mutable_window()->set_bytes(613'000'000);
  EXPECT_THAT(FlagsOf(trial), ElementsAre(v1::FLAG_UNBALANCED));
  EndOf(trial, kSender).mutable_window()->set_bytes(587'000'000);
  EXPECT_THAT(FlagsOf(trial), ElementsAre(v1::FLAG_UNBALANCED));
}

TEST(JudgeTest, RemarksAWindowThatDidNotHoldStill) {
  v1::TrialRecord trial = GoodTrial();
  AddSamples(trial, {100, 100, 100, 100, 100, 100, 110, 110, 110, 110, 110, 110});
  EXPECT_THAT(FlagsOf(trial), ElementsAre(v1::FLAG_UNSTEADY));
  AgentOf(trial, kReceiver).clear_samples();
  AddSamples(trial, {100, 101, 100, 101, 100, 101, 101, 100, 101, 100, 101, 100});
  EXPECT_THAT(FlagsOf(trial), IsEmpty());
}

TEST(JudgeTest, ManyRemarksComeInTheirOrder) {
  v1::TrialRecord trial = GoodZeroCopyTrial(1);
  ShareACpu(trial);
  EndOf(trial, kSender).mutable_window()->set_bytes(1);
  EXPECT_THAT(FlagsOf(trial), ElementsAre(v1::FLAG_PARTLY_KERNEL_COPIED, v1::FLAG_OVERSUBSCRIBED,
                                          v1::FLAG_UNBALANCED));
}

TEST(JudgeTest, BuffersThatWereLentAreToldOfAndNoOthers) {
  v1::TrialRecord trial = OkTrial({.mode = v1::SEND_MODE_ZERO_COPY});
  EXPECT_OK(CheckFinished(trial));
  EndOf(trial, kSender).clear_buffer_reuse();
  EXPECT_THAT(CheckFinished(trial),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("when its buffers were complete")));
  trial = OkTrial();
  EndOf(trial, kSender).mutable_buffer_reuse();
  EXPECT_THAT(CheckFinished(trial),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("that it did not lend")));
  trial = OkTrial({.mode = v1::SEND_MODE_ZERO_COPY});
  EndOf(trial, kSender).mutable_buffer_reuse()->set_count(1);
  EXPECT_THAT(CheckFinished(trial),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("does not add up")));
}

TEST(JudgeTest, OneWayLatenciesOfAStreamAreInvalid) {
  v1::TrialRecord trial = OkTrial();
  EndOf(trial, kReceiver).mutable_one_way();
  EXPECT_THAT(CheckFinished(trial),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("one-way latencies")));
}

TEST(JudgeTest, WhatChangesTheMeaningOfCpuTimeAndCountsIsFlagged) {
  v1::TrialRecord trial = OkTrial();
  v1::Finished& sender = *AgentOf(trial, kSender).mutable_finished();
  sender.set_uring_workers(0);
  v1::EventCount& count = *sender.add_thread_counts()->add_events();
  count.set_enabled_ns(100);
  count.set_running_ns(90);
  EXPECT_THAT(FlagsOf(trial), Not(Contains(v1::FLAG_URING_WORKERS)));
  EXPECT_THAT(FlagsOf(trial), Not(Contains(v1::FLAG_MULTIPLEXED)));
  sender.set_uring_workers(2);
  count.set_running_ns(89);
  EXPECT_THAT(FlagsOf(trial), Contains(v1::FLAG_URING_WORKERS));
  EXPECT_THAT(FlagsOf(trial), Contains(v1::FLAG_MULTIPLEXED));
}

TEST(JudgeTest, CopiesOfTheReceivingKernelsOwnAreFlagged) {
  v1::TrialRecord trial = OkTrial();
  v1::Finished& receiver = *AgentOf(trial, kReceiver).mutable_finished();
  const std::vector<v1::Flag> before = FlagsOf(trial);
  EXPECT_THAT(before, Not(Contains(v1::FLAG_COLLAPSED)));
  auto& counts = *receiver.mutable_net_counters()->mutable_counts();
  counts["TcpExt.TCPRcvCoalesce"] = 7;
  EXPECT_EQ(FlagsOf(trial), before);
  counts["TcpExt.TCPRcvCollapsed"] = 1;
  EXPECT_THAT(FlagsOf(trial), Contains(v1::FLAG_COLLAPSED));
}

}  // namespace
}  // namespace copycost
