#include "agent/patterns/exchange.h"

#include <signal.h>
#include <sys/socket.h>

#include <atomic>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <tuple>

#include "agent/receive_modes/receive_modes.h"
#include "agent/send_modes/send_modes.h"
#include "agent/transport/tcp.h"
#include "common/clock.h"
#include "common/mode_traits.h"
#include "common/words.h"
#include "tests/testing/blocking_io.h"
#include "tests/testing/flow_harness.h"
#include "tests/testing/mode_probe.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::FlowRun;
using ::copycost::testing::ProbeOf;
using ::copycost::testing::RunFlow;
using ::copycost::testing::StatusIs;
using ::copycost::testing::VerifiedWorkload;
using ::testing::_;
using ::testing::HasSubstr;

constexpr int64_t kMs = 1'000'000;

struct Shape {
  uint64_t request_bytes;
  uint64_t response_bytes;
  uint32_t fields;
  uint64_t exchanges;
};

v1::Workload WorkloadOf(v1::SendMode send, v1::ReceiveMode receive, const Shape& shape) {
  v1::Workload workload = VerifiedWorkload(send);
  workload.set_pattern(v1::PATTERN_RR);
  workload.set_receive_mode(receive);
  if (DeliversNothing(receive)) workload.set_read(v1::READ_NONE);
  workload.set_message_bytes(shape.request_bytes);
  workload.set_response_bytes(shape.response_bytes);
  workload.set_fields(shape.fields);
  workload.set_messages_per_flow(shape.exchanges);
  return workload;
}

// What was delivered of `bytes` in one direction, as both of its ends tell it.
void ExpectWhole(const v1::Workload& workload, uint64_t bytes, const v1::Evidence& sent,
                 uint64_t verified, const v1::Evidence& received) {
  EXPECT_EQ(sent.touched_bytes(), bytes);
  EXPECT_EQ(sent.zero_copy_completions(), sent.zero_copy_sends());
  const bool delivers = !DeliversNothing(workload.receive_mode());
  EXPECT_EQ(verified, delivers ? bytes : 0);
  EXPECT_EQ(received.read_bytes(), delivers ? bytes : 0);
  EXPECT_EQ(received.receive_copied_bytes() + received.mapped_bytes(), delivers ? bytes : 0);
}

void ExpectExchanged(const v1::Workload& workload) {
  const FlowRun run = RunFlow({.workload = workload});
  ASSERT_OK(run.sender);
  ASSERT_OK(run.receiver);
  const uint64_t exchanges = workload.messages_per_flow();
  const uint64_t requests = exchanges * workload.message_bytes();
  const uint64_t responses = exchanges * workload.response_bytes();
  for (const v1::FlowResult& end : {run.sent, run.received}) {
    EXPECT_EQ(end.total_messages(), exchanges);
    EXPECT_EQ(end.total_bytes(), requests);
    ASSERT_TRUE(end.has_responses());
    EXPECT_EQ(end.responses().total_messages(), exchanges);
    EXPECT_EQ(end.responses().total_bytes(), responses);
    EXPECT_FALSE(end.has_latency()) << "there is no window";
  }
  ExpectWhole(workload, requests, run.sent.evidence(), run.received.verified_bytes(),
              run.received.evidence());
  ExpectWhole(workload, responses, run.received.responses().evidence(),
              run.sent.responses().verified_bytes(), run.sent.responses().evidence());
  // Told by the objects of both ways, at both ends.
  for (const v1::Workload& echo : {run.sender_echo, run.receiver_echo}) {
    EXPECT_EQ(echo.pattern(), workload.pattern());
    EXPECT_EQ(echo.send_mode(), workload.send_mode());
    EXPECT_EQ(echo.receive_mode(), workload.receive_mode());
    EXPECT_EQ(echo.message_bytes(), workload.message_bytes());
    EXPECT_EQ(echo.response_bytes(), workload.response_bytes());
    EXPECT_EQ(echo.fields(), workload.fields());
    EXPECT_EQ(echo.touch(), workload.touch());
    EXPECT_EQ(echo.read(), workload.read());
    EXPECT_EQ(echo.messages_per_flow(), exchanges);
  }
  EXPECT_EQ(run.sender_echo.rate(), workload.rate());
}

class ExchangeShapeTest : public ::testing::TestWithParam<std::tuple<v1::Pattern, Shape>> {};

TEST_P(ExchangeShapeTest, BothDirectionsArriveByteForByte) {
  const auto& [pattern, shape] = GetParam();
  v1::Workload workload = WorkloadOf(v1::SEND_MODE_ONE_COPY, v1::RECEIVE_MODE_RECV, shape);
  workload.set_pattern(pattern);
  if (HasRate(pattern)) workload.set_rate(1'000'000);
  ExpectExchanged(workload);
}

std::string NameOfCase(const ::testing::TestParamInfo<ExchangeShapeTest::ParamType>& info) {
  const auto& [pattern, shape] = info.param;
  return Label(pattern) + "_" + std::to_string(shape.request_bytes) + "_for_" +
         std::to_string(shape.response_bytes);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, ExchangeShapeTest,
    ::testing::Combine(::testing::Values(v1::PATTERN_RR, v1::PATTERN_PACED),
                       ::testing::Values(Shape{1, 1, 1, 300},
                                         Shape{64, 65536, 8, 100},  // a question
                                         Shape{65536, 64, 8, 100},  // a delivery
                                         Shape{999, 333, 3, 200},   // nothing is aligned
                                         Shape{4096, 1, 1, 200}, Shape{100'000, 12'345, 5, 50},
                                         Shape{1 << 20, 1 << 20, 64, 10})),
    NameOfCase);

class ExchangeSendModeTest : public ::testing::TestWithParam<v1::SendMode> {};

TEST_P(ExchangeSendModeTest, ServesBothEnds) {
  const absl::Status probed = ProbeOf(GetParam());
  if (!probed.ok()) GTEST_SKIP() << probed.message();
  ExpectExchanged(WorkloadOf(GetParam(), v1::RECEIVE_MODE_RECV, {16384, 999 * 8, 8, 100}));
  // More pieces than a pipe or a packet holds at once.
  ExpectExchanged(WorkloadOf(GetParam(), v1::RECEIVE_MODE_RECV, {1 << 20, 4096, 64, 10}));
}

INSTANTIATE_TEST_SUITE_P(EverySendMode, ExchangeSendModeTest,
                         ::testing::ValuesIn(AllValues<v1::SendMode>()),
                         [](const auto& info) { return v1::SendMode_Name(info.param); });

class ExchangeReceiveModeTest : public ::testing::TestWithParam<v1::ReceiveMode> {
 protected:
  void SetUp() override {
    const absl::Status probed = ProbeOf(GetParam());
    if (!probed.ok()) GTEST_SKIP() << probed.message();
  }
};

TEST_P(ExchangeReceiveModeTest, ServesBothEnds) {
  ExpectExchanged(WorkloadOf(v1::SEND_MODE_ONE_COPY, GetParam(), {16384, 999 * 8, 8, 100}));
  ExpectExchanged(WorkloadOf(v1::SEND_MODE_ONE_COPY, GetParam(), {1 << 20, 1, 1, 10}));
}

// Completions wait in a queue of the socket that is received from.
TEST_P(ExchangeReceiveModeTest, GoesWithZeroCopySendsOnOneSocket) {
  if (!ProbeOf(v1::SEND_MODE_ZERO_COPY).ok()) GTEST_SKIP();
  ExpectExchanged(WorkloadOf(v1::SEND_MODE_ZERO_COPY, GetParam(), {65536, 4096, 8, 100}));
}

INSTANTIATE_TEST_SUITE_P(EveryReceiveMode, ExchangeReceiveModeTest,
                         ::testing::ValuesIn(AllValues<v1::ReceiveMode>()),
                         [](const auto& info) { return v1::ReceiveMode_Name(info.param); });

// One end over a real socket, without a data thread. For the thread that makes it: an io_uring has
// one user.
class End {
 public:
  struct Options {
    v1::SendMode send = v1::SEND_MODE_ONE_COPY;
    v1::ReceiveMode receive = v1::RECEIVE_MODE_RECV;
    uint64_t sends;
    uint64_t takes;
  };

  End(int socket, FlowMeter& meter, const Options& options)
      : meter_(meter),
        sender_(*MakeSender(options.send)),
        receiver_(*MakeReceiver(options.receive)) {
    EXPECT_OK(sender_->Open(SpecOf(options.sends), socket, *content_));
    EXPECT_OK(receiver_->Open(SpecOf(options.takes), socket, *sink_));
  }

  ExchangeEnd exchange() { return {.sender = *sender_, .receiver = *receiver_, .meter = meter_}; }
  absl::Status Drain() { return sender_->Drain(MonotonicTime() + absl::Seconds(10)); }

 private:
  FlowSpec SpecOf(uint64_t message_bytes) {
    return {.message_bytes = message_bytes,
            .fields = 1,
            .ring_depth = 4,
            .path = DataPath::kLocalDelivery,
            .counters = meter_.counters()};
  }

  FlowMeter& meter_;
  std::unique_ptr<Content> content_ = *MakeContent(v1::TOUCH_FIELDS, 0);
  std::unique_ptr<Sink> sink_ = *MakeSink(v1::READ_NONE, 0);
  std::unique_ptr<Sender> sender_;
  std::unique_ptr<Receiver> receiver_;
};

constexpr ExchangeOptions kEndless = {
    .request_bytes = 3000, .response_bytes = 500, .exchanges = 0, .rate = 0};

// Both ends, each on a thread of its own.
class ExchangeThreads {
 public:
  ExchangeThreads(v1::SendMode send, v1::ReceiveMode receive, const ExchangeOptions& options) {
    ::signal(SIGPIPE, SIG_IGN);  // as the agent does
    client_ = std::thread([=, this] {
      End end(pair_.client.get(), client_meter_,
              {.send = send,
               .receive = receive,
               .sends = options.request_bytes,
               .takes = options.response_bytes});
      LatencyHistogram latency;
      requested = Request(options, end.exchange(), latency);
      if (requested.ok()) {
        EXPECT_OK(end.Drain());
      }
      ::shutdown(pair_.client.get(), SHUT_WR);
      over_ = true;
    });
    server_ = std::thread([=, this] {
      End end(pair_.server.get(), server_meter_,
              {.send = send,
               .receive = receive,
               .sends = options.response_bytes,
               .takes = options.request_bytes});
      answered = Answer(options, end.exchange());
      ::shutdown(pair_.server.get(), SHUT_RDWR);
    });
  }

  // Until so many exchanges are done.
  void Await(uint64_t exchanges) {
    while (!over_ && client_meter_.counters().messages.Get() < exchanges) {
      std::this_thread::yield();
    }
  }
  void Stop() { gate_.Advance(Phase::kStop); }
  void Abort() {
    ::shutdown(pair_.client.get(), SHUT_RDWR);
    ::shutdown(pair_.server.get(), SHUT_RDWR);
  }
  void Join() {
    client_.join();
    server_.join();
  }

  absl::StatusOr<ExchangeTotals> requested;
  absl::StatusOr<ExchangeTotals> answered;

 private:
  RealClock clock_;
  WindowGate gate_{clock_};
  FlowMeter client_meter_{gate_};
  FlowMeter server_meter_{gate_};
  const SocketPair pair_ = *ConnectLoopbackPair();
  std::atomic<bool> over_ = false;
  std::thread client_;
  std::thread server_;
};

TEST(ExchangeTest, TheGatesStopEndsItBetweenTwoExchanges) {
  ExchangeThreads threads(v1::SEND_MODE_ONE_COPY, v1::RECEIVE_MODE_RECV, kEndless);
  threads.Await(10);
  threads.Stop();
  threads.Join();
  ASSERT_OK(threads.requested);
  ASSERT_OK(threads.answered);
  EXPECT_GE(threads.requested->request_bytes, 10 * kEndless.request_bytes);
  EXPECT_EQ(threads.requested->request_bytes, threads.answered->request_bytes);
  EXPECT_EQ(threads.requested->response_bytes, threads.answered->response_bytes);
  EXPECT_EQ(threads.requested->request_bytes / kEndless.request_bytes,
            threads.requested->response_bytes / kEndless.response_bytes);
}

TEST(ExchangeTest, AClientThatWaitsForAnInstantNoticesTheStop) {
  ExchangeOptions options = kEndless;
  options.rate = 1;
  ExchangeThreads threads(v1::SEND_MODE_ONE_COPY, v1::RECEIVE_MODE_RECV, options);
  threads.Await(1);
  threads.Stop();
  threads.Join();
  ASSERT_OK(threads.requested);
  EXPECT_EQ(threads.requested->request_bytes, options.request_bytes);
  EXPECT_OK(threads.answered);
}

void ExpectAbortEnds(v1::SendMode send, v1::ReceiveMode receive) {
  ExchangeThreads threads(send, receive, kEndless);
  threads.Await(3);
  threads.Abort();
  threads.Join();
  EXPECT_THAT(threads.requested, StatusIs(absl::StatusCode::kUnavailable, _));
}

TEST(ExchangeTest, AbortEndsBothInEverySendMode) {
  for (const SendModeRow& row : SendModes()) {
    if (row.probe().ok()) ExpectAbortEnds(row.mode, v1::RECEIVE_MODE_RECV);
  }
}

TEST(ExchangeTest, AbortEndsBothInEveryReceiveMode) {
  for (const ReceiveModeRow& row : ReceiveModes()) {
    if (row.probe().ok()) ExpectAbortEnds(v1::SEND_MODE_ONE_COPY, row.mode);
  }
}

class ServerTest : public ::testing::Test {
 protected:
  // What the server says to a client that sends so many bytes and then ends the stream.
  absl::Status AnswerTo(size_t bytes, uint64_t exchanges) {
    SocketPair pair = *ConnectLoopbackPair();
    EXPECT_TRUE(testing::SendAll(pair.client.get(), std::string(bytes, 'x')));
    ::shutdown(pair.client.get(), SHUT_WR);
    End end(pair.server.get(), meter_, {.sends = 10, .takes = 100});
    return Answer({.request_bytes = 100, .response_bytes = 10, .exchanges = exchanges, .rate = 0},
                  end.exchange())
        .status();
  }

  RealClock clock_;
  WindowGate gate_{clock_};
  FlowMeter meter_{gate_};
};

TEST_F(ServerTest, AStreamThatEndsBetweenRequestsHasEndedWell) {
  EXPECT_OK(AnswerTo(0, 0));
  EXPECT_OK(AnswerTo(100, 0));
  EXPECT_OK(AnswerTo(300, 3));
}

TEST_F(ServerTest, ARequestThatIsCutOffIsDataLoss) {
  for (const size_t bytes : {1, 99, 101, 299}) {
    EXPECT_THAT(AnswerTo(bytes, 0),
                StatusIs(absl::StatusCode::kDataLoss, "the stream ended within a request"));
  }
}

TEST_F(ServerTest, AnotherNumberOfRequestsThanWereDueIsDataLoss) {
  EXPECT_THAT(AnswerTo(200, 3), StatusIs(absl::StatusCode::kDataLoss,
                                         "the stream ended after 2 requests where 3 were due"));
}

TEST(ClientTest, AServerThatEndsTheStreamIsUnavailable) {
  for (const size_t bytes : {0, 7}) {
    SocketPair pair = *ConnectLoopbackPair();
    EXPECT_TRUE(testing::SendAll(pair.server.get(), std::string(bytes, 'x')));
    ::shutdown(pair.server.get(), SHUT_WR);
    RealClock clock;
    WindowGate gate(clock);
    FlowMeter meter(gate);
    End end(pair.client.get(), meter, {.sends = 100, .takes = 10});
    LatencyHistogram latency;
    EXPECT_THAT(Request({.request_bytes = 100, .response_bytes = 10, .exchanges = 0, .rate = 0},
                        end.exchange(), latency),
                StatusIs(absl::StatusCode::kUnavailable, HasSubstr("where a response was due")));
  }
}

// A message is submitted at once.
class ReadySender final : public Sender {
 public:
  absl::Status Open(const FlowSpec&, int, Content&) override { return absl::OkStatus(); }
  absl::StatusOr<Progress> Send(uint32_t) override { return Progress{.messages = 1, .bytes = 100}; }
  absl::StatusOr<v1::Evidence> TakeEvidence() override { return v1::Evidence(); }
  void Echo(v1::Workload&) const override {}
};

// A peer that answers at once, or for the first time only after a while.
class PlayedReceiver final : public Receiver {
 public:
  explicit PlayedReceiver(uint64_t bytes, int64_t first_takes_ns = 0)
      : bytes_(bytes), first_takes_ns_(first_takes_ns) {}

  absl::Status Open(const FlowSpec&, int, Sink&) override { return absl::OkStatus(); }
  absl::StatusOr<Arrival> Receive() override {
    const int64_t until = MonotonicNanos() + first_takes_ns_;
    first_takes_ns_ = 0;
    while (MonotonicNanos() < until) {
    }
    return Arrival{.bytes = bytes_};
  }
  v1::Evidence TakeEvidence() override { return v1::Evidence(); }
  void Echo(v1::Workload&) const override {}

 private:
  const uint64_t bytes_;
  int64_t first_takes_ns_;
};

// A flow with a window that is always open, and played modes.
class PlayedExchangeTest : public ::testing::Test {
 protected:
  PlayedExchangeTest() { meter_.Schedule(0, std::numeric_limits<int64_t>::max(), {}); }

  absl::StatusOr<ExchangeTotals> Run(Receiver& receiver, uint64_t exchanges, uint64_t rate) {
    return Request(
        {.request_bytes = 100, .response_bytes = 10, .exchanges = exchanges, .rate = rate},
        {.sender = sender_, .receiver = receiver, .meter = meter_}, latency_);
  }

  uint64_t CountOfAtLeast(int64_t ns) const {
    const v1::LatencyHistogram told = latency_.Tell();
    uint64_t count = 0;
    for (int i = 0; i < told.buckets_size(); ++i) {
      if (LeastOfLatencyBucket(told.buckets(i)) >= static_cast<uint64_t>(ns)) {
        count += told.counts(i);
      }
    }
    return count;
  }

  RealClock clock_;
  WindowGate gate_{clock_};
  FlowMeter meter_{gate_};
  ReadySender sender_;
  LatencyHistogram latency_;
};

// METHOD.md, pitfall 12. The first answer takes 20 ms, and an exchange is due every ms: the one due
// after k ms waits for 20 - k. A machine that is busy only adds to it.
TEST_F(PlayedExchangeTest, WhatWaitsBehindASlowExchangeTellsOfIt) {
  PlayedReceiver receiver(10, 20 * kMs);
  ASSERT_OK(Run(receiver, 30, 1000));
  EXPECT_EQ(latency_.count(), 30u);
  EXPECT_GE(CountOfAtLeast(10 * kMs), 9u);
  EXPECT_GE(CountOfAtLeast(19 * kMs), 1u);
  EXPECT_GE(latency_.Tell().max_ns(), static_cast<uint64_t>(20 * kMs));
}

TEST_F(PlayedExchangeTest, NoExchangeBeginsBeforeItsInstant) {
  PlayedReceiver receiver(10);
  const int64_t begin = MonotonicNanos();
  ASSERT_OK(Run(receiver, 5, 200));
  EXPECT_GE(MonotonicNanos() - begin, 4 * 5 * kMs);
  EXPECT_EQ(meter_.counters().messages.Get(), 5u);
  EXPECT_EQ(meter_.counters().bytes.Get(), 5u * 110);
}

TEST_F(PlayedExchangeTest, OnlyWhatLiesInTheWindowIsRecorded) {
  meter_.Schedule(std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::max(), {});
  PlayedReceiver receiver(10);
  ASSERT_OK(Run(receiver, 5, 0));
  EXPECT_EQ(latency_.count(), 0u);
  EXPECT_EQ(meter_.counters().messages.Get(), 5u);
}

TEST_F(PlayedExchangeTest, MoreThanAMessageIsDataLoss) {
  PlayedReceiver receiver(7);
  EXPECT_THAT(Run(receiver, 5, 0),
              StatusIs(absl::StatusCode::kDataLoss, "a message of 10 bytes came with 4 more"));
}

TEST(IntendedNsTest, RoundingDoesNotAddUp) {
  EXPECT_EQ(IntendedNs(1, 0), 0);
  EXPECT_EQ(IntendedNs(3, 1), 333'333'333);
  EXPECT_EQ(IntendedNs(3, 2), 666'666'666);
  EXPECT_EQ(IntendedNs(3, 3), 1'000'000'000);
  EXPECT_EQ(IntendedNs(7, 7'000'000), 1'000'000 * int64_t{1'000'000'000});
  // The highest rate over the longest window and warm-up.
  EXPECT_EQ(IntendedNs(10'000'000, uint64_t{10'000'000} * 660), 660 * int64_t{1'000'000'000});
}

}  // namespace
}  // namespace copycost
