// Two trial runners and a script for a coordinator: whole trials over loopback, without gRPC.
#include "agent/trial_runner.h"

#include <sys/eventfd.h>

#include <cstdlib>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "agent/host_info.h"
#include "agent/transport/rendezvous.h"
#include "agent/transport/udp.h"
#include "common/fd.h"
#include "common/flow_axes.h"
#include "common/mode_traits.h"
#include "common/words.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/fake_counters.h"
#include "tests/testing/flow_harness.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::FakeClock;
using ::copycost::testing::FakeCounters;
using ::copycost::testing::GroupOf;
using ::copycost::testing::StatusIs;
using ::copycost::testing::VerifiedWorkload;
using ::testing::_;
using ::testing::HasSubstr;

constexpr uint64_t kEpoch = 7;

absl::Status AdmitOwnEpoch(uint64_t epoch) {
  return epoch == kEpoch ? absl::OkStatus() : absl::FailedPreconditionError("stale epoch");
}

// A runner on a thread of its own, and what it said.
class Agent {
 public:
  explicit Agent(Clock& clock)
      : events_(clock),
        runner_(clock, {.admit = AdmitOwnEpoch,
                        .emit = [this](const v1::Event& event) { events_.Push(event); },
                        .counters = &counters_}),
        thread_([this] {
          status_ = runner_.Run();
          events_.Close(absl::OutOfRangeError("the runner has ended"));
        }) {}

  ~Agent() {
    runner_.Abort(absl::CancelledError("test over"));
    if (thread_.joinable()) thread_.join();
  }

  TrialRunner& runner() { return runner_; }
  FakeCounters& counters() { return counters_; }

  // The next event of this kind; others before it are dropped.
  v1::Event Next(v1::Event::EventCase kind) {
    while (true) {
      const absl::StatusOr<v1::Event> event = events_.PopUntil(absl::InfiniteFuture());
      if (!event.ok()) return v1::Event();
      for (const v1::Sample& sample : event->samples().samples()) samples_.push_back(sample);
      if (event->event_case() == kind) return *event;
    }
  }

  absl::Status Join() {
    thread_.join();
    return status_;
  }

  const std::vector<v1::Sample>& samples() const { return samples_; }

 private:
  Mailbox<v1::Event> events_;
  FakeCounters counters_;
  TrialRunner runner_;
  absl::Status status_;
  std::vector<v1::Sample> samples_;
  std::thread thread_;
};

v1::Command PrepareFor(v1::Role role, const v1::Workload& workload) {
  v1::Command command;
  v1::Prepare& prepare = *command.mutable_prepare();
  prepare.set_trial_id("t1");
  prepare.set_attempt(1);
  prepare.set_epoch(kEpoch);
  prepare.set_purpose(v1::PURPOSE_MEASURE);
  *prepare.mutable_workload() = workload;
  prepare.set_data_address(workload.ip_version() == v1::IP_VERSION_6 ? "::1" : "127.0.0.1");
  prepare.set_content_seed(11);
  for (uint32_t flow = 0; flow < FlowsOf(workload); ++flow) {
    v1::FlowEnd& end = *prepare.add_ends();
    const bool sends = role == v1::ROLE_SENDER;
    end.set_flow(flow);
    end.set_thread(flow / workload.flows_per_thread());
    end.set_role(role);
    end.set_listens(!sends);
    end.set_nonce(std::string(16, static_cast<char>(sends ? 1 + flow : 101 + flow)));
    end.set_peer_nonce(std::string(16, static_cast<char>(sends ? 101 + flow : 1 + flow)));
    end.set_peer_on_same_host(true);
  }
  return command;
}

v1::Command ConnectTo(const v1::Workload& workload, uint32_t port) {
  v1::Command command;
  v1::Connect& connect = *command.mutable_connect();
  for (uint32_t flow = 0; port != 0 && flow < FlowsOf(workload); ++flow) {
    v1::Connect::Peer& peer = *connect.add_peers();
    peer.set_flow(flow);
    peer.set_address(workload.ip_version() == v1::IP_VERSION_6 ? "::1" : "127.0.0.1");
    peer.set_port(port);
  }
  return command;
}

v1::Command StartAt(absl::Time instant) {
  v1::Command command;
  command.mutable_start()->set_at_ns(absl::ToUnixNanos(instant));
  return command;
}

v1::Command StartNow() { return StartAt(absl::UnixEpoch()); }

v1::Command Finish() {
  v1::Command command;
  command.mutable_finish();
  return command;
}

v1::Workload MeasuredWorkload(v1::SendMode mode) {
  v1::Workload workload = VerifiedWorkload(mode);
  workload.clear_messages_per_flow();
  workload.set_touch(v1::TOUCH_FIELDS);
  workload.set_read(v1::READ_NONE);
  workload.set_threads(2);
  workload.set_warmup_ns(absl::ToInt64Nanoseconds(absl::Milliseconds(50)));
  // Well above the 200 ms for which a sender may stand still after a loss (the kernel's
  // TCP_RTO_MIN): a receiver that has no CPU for a while lets its buffer overflow.
  workload.set_window_ns(absl::ToInt64Nanoseconds(absl::Milliseconds(500)));
  return workload;
}

class TrialRunnerTest : public ::testing::Test {
 protected:
  // Up to Ready on both sides.
  void BringUp(const v1::Workload& workload) {
    BringUp(workload, PrepareFor(v1::ROLE_SENDER, workload),
            PrepareFor(v1::ROLE_RECEIVER, workload));
  }
  void BringUp(const v1::Workload& workload, const v1::Command& sends,
               const v1::Command& receives) {
    sender_.runner().Give(sends);
    receiver_.runner().Give(receives);
    EXPECT_EQ(sender_.Next(v1::Event::kListening).listening().port(), 0u);
    const uint32_t port = receiver_.Next(v1::Event::kListening).listening().port();
    EXPECT_NE(port, 0u);
    sender_.runner().Give(ConnectTo(workload, port));
    receiver_.runner().Give(ConnectTo(workload, 0));
    sender_ready_ = sender_.Next(v1::Event::kReady).ready();
    receiver_ready_ = receiver_.Next(v1::Event::kReady).ready();
  }

  // At the same instant, however late a busy machine lets either runner hear of it: a sender whose
  // window closed before the receiver's would end its flows before their time.
  void Start() {
    started_ = clock_.Now() + absl::Milliseconds(10);
    sender_.runner().Give(StartAt(started_));
    receiver_.runner().Give(StartAt(started_));
  }

  void CarryOut(const v1::Workload& workload) {
    BringUp(workload);
    Start();
    sent_ = sender_.Next(v1::Event::kFinished).finished();
    receiver_.runner().Give(Finish());
    received_ = receiver_.Next(v1::Event::kFinished).finished();
    EXPECT_OK(sender_.Join());
    EXPECT_OK(receiver_.Join());
  }

  RealClock clock_;
  absl::Time started_;
  Agent sender_{clock_};
  Agent receiver_{clock_};
  v1::Ready sender_ready_;
  v1::Ready receiver_ready_;
  v1::Finished sent_;
  v1::Finished received_;
};

class EveryModeTest : public TrialRunnerTest, public ::testing::WithParamInterface<v1::SendMode> {};

TEST_P(EveryModeTest, MeasuresAWindowOnBothSides) {
  const v1::Workload workload = MeasuredWorkload(GetParam());
  CarryOut(workload);
  const int64_t due_open_ns = absl::ToUnixNanos(started_) + workload.warmup_ns();
  const int64_t due_close_ns = due_open_ns + workload.window_ns();
  ASSERT_EQ(sent_.flows_size(), 2);
  ASSERT_EQ(received_.flows_size(), 2);
  for (int flow = 0; flow < 2; ++flow) {
    const v1::FlowResult& sent = sent_.flows(flow);
    const v1::FlowResult& received = received_.flows(flow);
    EXPECT_EQ(sent.total_bytes(), received.total_bytes());
    EXPECT_GT(received.window().bytes(), 0u);
    EXPECT_LT(received.window().bytes(), received.total_bytes());
    EXPECT_FALSE(received.window().has_messages());
    EXPECT_GT(sent.tcp_closed().acked_bytes(), sent.tcp_opened().acked_bytes());
    EXPECT_GT(received.tcp_closed().received_bytes(), received.tcp_opened().received_bytes());
    EXPECT_GE(sent.tcp_opened().at_ns(), due_open_ns);
    EXPECT_GE(sent.tcp_closed().at_ns(), due_close_ns);
    EXPECT_GT(sent.window().calls(), 0u);
    EXPECT_GT(received.window().thread_cpu_ns(), 0);
    EXPECT_GE(sent.window().closed_ns() - sent.window().opened_ns(), 250'000'000);
    EXPECT_EQ(sent.evidence().zero_copy_completions(), sent.evidence().zero_copy_sends());
    EXPECT_EQ(sent.has_buffer_reuse(), PinsBuffers(GetParam()));
    EXPECT_LE(sent.buffer_reuse().count(), sent.window().messages());
    EXPECT_FALSE(received.has_buffer_reuse());
    EXPECT_FALSE(received.has_one_way());
  }
  EXPECT_GT(sent_.host_cpu().interval_ns(), 0);
  EXPECT_FALSE(receiver_.samples().empty());
}

TEST_F(TrialRunnerTest, CountsEveryThreadAndCpuInItsWindow) {
  v1::Workload workload = MeasuredWorkload(v1::SEND_MODE_TWO_COPY);
  workload.set_flows_per_thread(2);
  v1::Command sends = PrepareFor(v1::ROLE_SENDER, workload);
  v1::Command receives = PrepareFor(v1::ROLE_RECEIVER, workload);
  for (v1::Command* command : {&sends, &receives}) {
    command->mutable_prepare()->set_data_address("127.0.0.1");
    v1::Instruments& instruments = *command->mutable_prepare()->mutable_instruments();
    *instruments.add_thread_groups() = GroupOf({"cycles"});
    *instruments.add_thread_groups() = GroupOf({"page-faults", "branches"});
    *instruments.add_thread_groups() = GroupOf({"context-switches"});
  }
  *sends.mutable_prepare()->mutable_instruments()->add_cpu_groups() = GroupOf({"softirqs"});
  for (Agent* agent : {&sender_, &receiver_}) {
    agent->counters().events["softirqs"].pmu = false;
    agent->counters().events["branches"].opened = absl::NotFoundError("no PMU");
  }
  BringUp(workload, sends, receives);
  Start();
  sent_ = sender_.Next(v1::Event::kFinished).finished();
  receiver_.runner().Give(Finish());
  received_ = receiver_.Next(v1::Event::kFinished).finished();
  for (const v1::Finished* finished : {&sent_, &received_}) {
    ASSERT_EQ(finished->thread_counts_size(), 2);
    for (int i = 0; i < 2; ++i) {
      const v1::ThreadCounts& thread = finished->thread_counts(i);
      EXPECT_EQ(thread.thread(), static_cast<uint32_t>(i));
      EXPECT_EQ(thread.role(), finished == &sent_ ? v1::ROLE_SENDER : v1::ROLE_RECEIVER);
      std::map<std::string, v1::EventCount> events;
      for (const v1::EventCount& count : thread.events()) events[count.event()] = count;
      EXPECT_EQ(events.size(), 4u);
      EXPECT_EQ(events["cycles"].value(), 1000u);
      EXPECT_EQ(events["branches"].absent(), "no PMU");
      EXPECT_EQ(events["page-faults"].absent(), "");
      EXPECT_EQ(events["context-switches"].absent(), "");
      EXPECT_GT(events["context-switches"].enabled_ns(), 250'000'000);
    }
  }
  for (const v1::Finished* finished : {&sent_, &received_}) {
    EXPECT_TRUE(finished->net_counters().counts().contains("Tcp.InSegs"));
    EXPECT_TRUE(finished->link_counters().counts().contains("tx_packets"));
    for (const v1::ThreadCounts& thread : finished->thread_counts()) {
      EXPECT_GT(thread.interval_ns(), 250'000'000);
    }
  }
  EXPECT_EQ(sent_.cpu_counts_size(), static_cast<int>(OnlineCpus().size()));
  EXPECT_EQ(sent_.cpu_counts(0).events(0).value(), 1000u);
  EXPECT_EQ(received_.cpu_counts_size(), 0);
}

TEST_P(EveryModeTest, VerifiesOverIpv6) {
  v1::Workload workload = VerifiedWorkload(GetParam());
  workload.set_ip_version(v1::IP_VERSION_6);
  CarryOut(workload);
  EXPECT_EQ(received_.flows(0).verified_bytes(),
            workload.messages_per_flow() * workload.message_bytes());
  EXPECT_FALSE(received_.flows(0).has_window());
  EXPECT_EQ(sender_ready_.applied().ip_version(), v1::IP_VERSION_6);
}

INSTANTIATE_TEST_SUITE_P(Modes, EveryModeTest, ::testing::ValuesIn(AllValues<v1::SendMode>()));

// All of a workload but its placement, which the ends' CPUs show.
std::string ToldOf(v1::Workload workload) {
  workload.clear_placement();
  return workload.DebugString();
}

TEST_F(TrialRunnerTest, TheTwoEchoesTogetherTellTheWholeWorkload) {
  const v1::Workload workload = MeasuredWorkload(v1::SEND_MODE_ZERO_COPY);
  CarryOut(workload);
  v1::Workload together = sender_ready_.applied();
  together.MergeFrom(receiver_ready_.applied());
  EXPECT_EQ(together.DebugString(), ToldOf(workload));
  EXPECT_EQ(sender_ready_.ends(0).interface().driver(), "loopback");
}

v1::Workload SharedWorkload(v1::SendMode mode, uint32_t flows_per_thread) {
  v1::Workload workload = MeasuredWorkload(mode);
  workload.set_flows_per_thread(flows_per_thread);
  return workload;
}

TEST_P(EveryModeTest, MeasuresEveryFlowOfThreadsThatHaveSeveral) {
  const v1::Workload workload = SharedWorkload(GetParam(), 3);
  CarryOut(workload);
  ASSERT_EQ(sent_.flows_size(), 6);
  ASSERT_EQ(received_.flows_size(), 6);
  for (int flow = 0; flow < 6; ++flow) {
    const v1::FlowResult& sent = sent_.flows(flow);
    const v1::FlowResult& received = received_.flows(flow);
    EXPECT_EQ(sent.flow(), static_cast<uint32_t>(flow));
    EXPECT_EQ(sent.total_bytes(), received.total_bytes());
    EXPECT_GT(sent.window().bytes(), 0u);
    EXPECT_GT(received.window().bytes(), 0u);
    EXPECT_LT(received.window().bytes(), received.total_bytes());
    EXPECT_GT(received.window().thread_cpu_ns(), 0);
    EXPECT_EQ(sent.evidence().zero_copy_completions(), sent.evidence().zero_copy_sends());
    EXPECT_EQ(sent.has_buffer_reuse(), PinsBuffers(GetParam()));
    EXPECT_EQ(sender_ready_.ends(flow).thread(), static_cast<uint32_t>(flow) / 3);
  }
  v1::Workload together = sender_ready_.applied();
  together.MergeFrom(receiver_ready_.applied());
  EXPECT_EQ(together.threads(), 2u);
  EXPECT_EQ(together.flows_per_thread(), 3u);
}

TEST_F(TrialRunnerTest, FlowsOfOneThreadTellTheSameCpuTime) {
  v1::Workload workload = SharedWorkload(v1::SEND_MODE_ONE_COPY, 4);
  workload.set_threads(1);
  CarryOut(workload);
  for (const v1::Finished* finished : {&sent_, &received_}) {
    const v1::WindowCounts& first = finished->flows(0).window();
    for (const v1::FlowResult& flow : finished->flows()) {
      // Read one after the other, whoever reads them.
      const auto apart = std::abs(flow.window().thread_cpu_ns() - first.thread_cpu_ns());
      EXPECT_LE(apart, first.thread_cpu_ns() / 10 + 1'000'000);
    }
  }
}

TEST_F(TrialRunnerTest, EndsAreToldInTheOrderInWhichTheyWereNamed) {
  v1::Workload workload = VerifiedWorkload(v1::SEND_MODE_TWO_COPY);
  workload.set_threads(2);
  workload.set_flows_per_thread(2);
  workload.set_messages_per_flow(8);
  v1::Command sends = PrepareFor(v1::ROLE_SENDER, workload);
  v1::Command receives = PrepareFor(v1::ROLE_RECEIVER, workload);
  for (v1::Command* command : {&sends, &receives}) {
    for (v1::FlowEnd& end : *command->mutable_prepare()->mutable_ends()) {
      end.set_thread(end.flow() % 2);
    }
  }
  BringUp(workload, sends, receives);
  for (int flow = 0; flow < 4; ++flow) {
    EXPECT_EQ(sender_ready_.ends(flow).flow(), static_cast<uint32_t>(flow));
    EXPECT_EQ(sender_ready_.ends(flow).thread(), static_cast<uint32_t>(flow) % 2);
  }
  Start();
  sent_ = sender_.Next(v1::Event::kFinished).finished();
  receiver_.runner().Give(Finish());
  received_ = receiver_.Next(v1::Event::kFinished).finished();
  ASSERT_EQ(received_.flows_size(), 4);
  for (int flow = 0; flow < 4; ++flow) {
    EXPECT_EQ(received_.flows(flow).flow(), static_cast<uint32_t>(flow));
    EXPECT_EQ(received_.flows(flow).verified_bytes(), 8u * workload.message_bytes());
  }
}

TEST_F(TrialRunnerTest, ExchangesAreMeasuredAtBothEnds) {
  v1::Workload workload = MeasuredWorkload(v1::SEND_MODE_ZERO_COPY);
  workload.set_pattern(v1::PATTERN_RR);
  workload.set_response_bytes(512);
  CarryOut(workload);
  ASSERT_EQ(sent_.flows_size(), 2);
  ASSERT_EQ(received_.flows_size(), 2);
  for (int flow = 0; flow < 2; ++flow) {
    const v1::FlowResult& client = sent_.flows(flow);
    const v1::FlowResult& server = received_.flows(flow);
    EXPECT_EQ(client.total_bytes(), server.total_bytes());
    EXPECT_EQ(client.responses().total_bytes(), server.responses().total_bytes());
    EXPECT_EQ(client.total_messages(), client.responses().total_messages());
    EXPECT_GT(client.window().messages(), 0u);
    EXPECT_GT(server.window().messages(), 0u);
    EXPECT_GT(client.latency().count(), 0u);
    EXPECT_LE(client.latency().count(), client.total_messages());
    EXPECT_GT(client.latency().min_ns(), 0u);
    EXPECT_FALSE(server.has_latency());
    EXPECT_FALSE(client.has_one_way());
    EXPECT_GT(server.one_way().count(), 0u);
    EXPECT_LE(server.one_way().count(), server.total_messages());
    EXPECT_LE(server.one_way().min_ns(), client.latency().max_ns());
  }
  v1::Workload together = sender_ready_.applied();
  together.MergeFrom(receiver_ready_.applied());
  EXPECT_EQ(together.DebugString(), ToldOf(workload));
}

v1::Workload OverUdp(v1::Workload workload) {
  workload.set_transport(v1::TRANSPORT_UDP);
  workload.clear_congestion();
  workload.clear_nodelay();
  workload.clear_tso();
  return workload;
}

TEST_F(TrialRunnerTest, OfDatagramsWhatArrivesIsTakenAndNoMore) {
  const v1::Workload workload = OverUdp(MeasuredWorkload(v1::SEND_MODE_ZERO_COPY));
  CarryOut(workload);
  for (int flow = 0; flow < 2; ++flow) {
    EXPECT_LE(received_.flows(flow).total_bytes(), sent_.flows(flow).total_bytes());
    EXPECT_GT(received_.flows(flow).window().bytes(), 0u);
    EXPECT_FALSE(sent_.flows(flow).has_retransmitted_segments());
    EXPECT_FALSE(sent_.flows(flow).has_tcp_opened());
  }
  v1::Workload together = sender_ready_.applied();
  together.MergeFrom(receiver_ready_.applied());
  EXPECT_EQ(together.DebugString(), ToldOf(workload));
}

TEST_F(TrialRunnerTest, ASenderWhoseDatagramsNobodyTakesStops) {
  v1::Workload workload = OverUdp(MeasuredWorkload(v1::SEND_MODE_ONE_COPY));
  workload.set_window_ns(absl::ToInt64Nanoseconds(absl::Minutes(5)));
  BringUp(workload);
  sender_.runner().Give(StartNow());  // and the receiver is never told
  EXPECT_THAT(sender_.Join(),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("told nothing for 1s")));
  receiver_.runner().Abort(absl::CancelledError("enough"));
  EXPECT_FALSE(receiver_.Join().ok());
}

// The server meets and greets, and then says no more; the window closes before that is a second
// ago.
TEST_F(TrialRunnerTest, AnAnswerThatIsLostEndsTheTrialAfterItsWindowToo) {
  v1::Workload workload = OverUdp(MeasuredWorkload(v1::SEND_MODE_ONE_COPY));
  workload.set_pattern(v1::PATTERN_RR);
  workload.set_response_bytes(512);
  workload.set_threads(1);
  const v1::Command server = PrepareFor(v1::ROLE_RECEIVER, workload);
  const Limits limits;
  Rendezvous meeting = *Rendezvous::Create(server.prepare(), limits);
  sender_.runner().Give(PrepareFor(v1::ROLE_SENDER, workload));
  sender_.Next(v1::Event::kListening);
  sender_.runner().Give(ConnectTo(workload, meeting.port()));
  const UniqueFd never(::eventfd(0, EFD_CLOEXEC));
  while (!meeting.done()) {
    ASSERT_OK(meeting.Step(clock_.Now() + absl::Seconds(5), never.get()));
  }
  const std::map<uint32_t, UniqueFd> sockets = meeting.TakeSockets();
  const std::map<uint32_t, UniqueFd> controls = meeting.TakeControls();
  ASSERT_OK(GreetUdp(sockets.at(0).get(), server.prepare().ends(0), /*begins=*/false, 0));
  sender_.Next(v1::Event::kReady);
  sender_.runner().Give(StartNow());
  EXPECT_THAT(sender_.Join(),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("no answer came for 1s")));
}

TEST_F(TrialRunnerTest, APacedTrialKeepsItsRate) {
  v1::Workload workload = MeasuredWorkload(v1::SEND_MODE_TWO_COPY);
  workload.set_pattern(v1::PATTERN_PACED);
  workload.set_response_bytes(512);
  workload.set_rate(100);
  CarryOut(workload);
  for (const v1::FlowResult& client : sent_.flows()) {
    // 250 ms, and some more until the gate is closed; a busy machine has fewer.
    EXPECT_GT(client.total_messages(), 0u);
    EXPECT_LE(client.window().messages(), client.total_messages());
    EXPECT_EQ(client.total_messages(), client.responses().total_messages());
  }
  EXPECT_EQ(sender_ready_.applied().rate(), 100u);
  EXPECT_EQ(receiver_ready_.applied().rate(), 0u);
}

TEST_F(TrialRunnerTest, AStaleEpochIsRefusedBeforeAnythingHappens) {
  v1::Command prepare = PrepareFor(v1::ROLE_SENDER, MeasuredWorkload(v1::SEND_MODE_TWO_COPY));
  prepare.mutable_prepare()->set_epoch(kEpoch - 1);
  sender_.runner().Give(prepare);
  EXPECT_THAT(sender_.Join(), StatusIs(absl::StatusCode::kFailedPrecondition, "stale epoch"));
}

TEST_F(TrialRunnerTest, TheEpochIsLookedAtBeforeAnythingElseThatPrepareSays) {
  v1::Command prepare;
  prepare.mutable_prepare()->set_epoch(kEpoch - 1);
  sender_.runner().Give(prepare);
  EXPECT_THAT(sender_.Join(), StatusIs(absl::StatusCode::kFailedPrecondition, "stale epoch"));
}

TEST(SilentCallTest, ACallThatBringsNoPrepareEndsAndWasNeverAdmitted) {
  FakeClock clock;
  int admitted = 0;
  int heartbeats = 0;
  TrialRunner runner(clock, {.admit =
                                 [&](uint64_t) {
                                   ++admitted;
                                   return absl::OkStatus();
                                 },
                             .emit =
                                 [&](const v1::Event& event) {
                                   if (event.has_heartbeat()) ++heartbeats;
                                 }});
  const absl::Time begin = clock.Now();
  EXPECT_THAT(runner.Run(), StatusIs(absl::StatusCode::kDeadlineExceeded,
                                     "no Prepare came within 5s of the call"));
  EXPECT_EQ(clock.Now() - begin, absl::Seconds(5));
  EXPECT_GE(heartbeats, 10) << "one at least every 500 ms";
  EXPECT_EQ(admitted, 0);
}

// A receiver that has listened and waits for Connect, on a clock that leaps over every wait.
class LonelyReceiverTest : public ::testing::Test {
 protected:
  absl::Status Run() {
    runner_.Give(PrepareFor(v1::ROLE_RECEIVER, MeasuredWorkload(v1::SEND_MODE_TWO_COPY)));
    return runner_.Run();
  }

  FakeClock clock_;
  TrialRunner runner_{clock_, {.admit = AdmitOwnEpoch, .emit = [](const v1::Event&) {}}};
};

TEST_F(LonelyReceiverTest, ACoordinatorThatFallsSilentIsLost) {
  const absl::Time begin = clock_.Now();
  EXPECT_THAT(Run(), StatusIs(absl::StatusCode::kUnavailable,
                              "control was lost: the coordinator was silent for 1.5s"));
  EXPECT_EQ(clock_.Now() - begin, absl::Milliseconds(1500));
}

TEST_F(LonelyReceiverTest, HeartbeatsKeepItWaiting) {
  const absl::Time begin = clock_.Now();
  v1::Command heartbeat;
  heartbeat.mutable_heartbeat();
  for (int second = 1; second <= 60; ++second) {
    clock_.Schedule(begin + absl::Seconds(second), [&] { runner_.Give(heartbeat); });
  }
  EXPECT_THAT(Run(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("silent")));
  EXPECT_EQ(clock_.Now() - begin, absl::Milliseconds(61'500));
}

TEST_F(TrialRunnerTest, WhatTheAgentsOwnerDoesNotPermitIsRefused) {
  const v1::Workload workload = MeasuredWorkload(v1::SEND_MODE_TWO_COPY);
  RealClock clock;
  TrialRunner runner(
      clock, {.admit = AdmitOwnEpoch, .emit = [](const v1::Event&) {}, .limits = {.max_flows = 1}});
  runner.Give(PrepareFor(v1::ROLE_SENDER, workload));
  EXPECT_THAT(runner.Run(),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("--max-flows")));
}

TEST_F(TrialRunnerTest, ADataAddressOfManyIsRefused) {
  v1::Command prepare = PrepareFor(v1::ROLE_RECEIVER, MeasuredWorkload(v1::SEND_MODE_TWO_COPY));
  prepare.mutable_prepare()->set_data_address("0.0.0.0");
  receiver_.runner().Give(prepare);
  EXPECT_THAT(receiver_.Join(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("data_address")));
}

TEST_F(TrialRunnerTest, BuffersThatDoNotFitAreRefusedBeforeTheyAreTouched) {
  v1::Workload workload = MeasuredWorkload(v1::SEND_MODE_ZERO_COPY);
  workload.set_threads(256);
  workload.set_message_bytes(uint64_t{64} << 20);
  workload.set_ring_depth(4096);  // 64 TiB
  sender_.runner().Give(PrepareFor(v1::ROLE_SENDER, workload));
  EXPECT_THAT(sender_.Join(),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("message buffers")));
}

TEST_F(TrialRunnerTest, ACommandMoreThanATrialHasStopsIt) {
  const v1::Workload workload = MeasuredWorkload(v1::SEND_MODE_TWO_COPY);
  receiver_.runner().Give(PrepareFor(v1::ROLE_RECEIVER, workload));
  receiver_.runner().Give(ConnectTo(workload, 0));
  // It now waits for peers that never come, and must not store what comes meanwhile.
  for (int i = 0; i < 3; ++i) receiver_.runner().Give(StartNow());
  EXPECT_THAT(receiver_.Join(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("nothing after these")));
}

TEST_F(TrialRunnerTest, ACpuTheAgentMayNotUseIsRefused) {
  v1::Command prepare = PrepareFor(v1::ROLE_SENDER, MeasuredWorkload(v1::SEND_MODE_TWO_COPY));
  prepare.mutable_prepare()->mutable_ends(0)->set_cpu(9999);
  sender_.runner().Give(prepare);
  EXPECT_THAT(sender_.Join(), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("CPU 9999")));
}

TEST_F(TrialRunnerTest, ACongestionControlTheKernelLacksIsRefusedByName) {
  v1::Workload workload = MeasuredWorkload(v1::SEND_MODE_TWO_COPY);
  workload.set_congestion("no-such-cc");
  receiver_.runner().Give(PrepareFor(v1::ROLE_RECEIVER, workload));
  EXPECT_THAT(receiver_.Join(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("no-such-cc")));
}

TEST_F(TrialRunnerTest, CommandsOutOfTurnAreRefused) {
  sender_.runner().Give(StartNow());
  EXPECT_THAT(sender_.Join(), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("Prepare")));
}

class LosingControlTest : public TrialRunnerTest,
                          public ::testing::WithParamInterface<v1::Workload> {};

TEST_P(LosingControlTest, StopsTheTraffic) {
  v1::Workload workload = GetParam();
  workload.set_window_ns(absl::ToInt64Nanoseconds(absl::Seconds(30)));
  BringUp(workload);
  Start();
  sender_.Next(v1::Event::kSamples);  // in the middle of it
  sender_.runner().Abort(absl::CancelledError("control was lost"));
  EXPECT_THAT(sender_.Join(), StatusIs(absl::StatusCode::kCancelled, "control was lost"));
  // The receiver sees its flows end before their time.
  EXPECT_THAT(receiver_.Join(), StatusIs(absl::StatusCode::kUnavailable, _));
}

INSTANTIATE_TEST_SUITE_P(AFlowAThreadOrSeveral, LosingControlTest,
                         ::testing::Values(MeasuredWorkload(v1::SEND_MODE_ZERO_COPY),
                                           SharedWorkload(v1::SEND_MODE_ZERO_COPY, 4),
                                           SharedWorkload(v1::SEND_MODE_TWO_COPY, 4)),
                         [](const auto& info) { return "Of" + std::to_string(info.index); });

TEST_F(TrialRunnerTest, AbortEndsTheWaitForPeersThatNeverCome) {
  const v1::Workload workload = MeasuredWorkload(v1::SEND_MODE_TWO_COPY);
  receiver_.runner().Give(PrepareFor(v1::ROLE_RECEIVER, workload));
  receiver_.Next(v1::Event::kListening);
  receiver_.runner().Give(ConnectTo(workload, 0));
  receiver_.Next(v1::Event::kHeartbeat);
  receiver_.runner().Abort(absl::CancelledError("control was lost"));
  EXPECT_THAT(receiver_.Join(), StatusIs(absl::StatusCode::kCancelled, "control was lost"));
}

}  // namespace
}  // namespace copycost
