#include "agent/patterns/streams.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "agent/receive_modes/receive_modes.h"
#include "agent/send_modes/send_modes.h"
#include "agent/transport/tcp.h"
#include "common/clock.h"
#include "common/mode_traits.h"
#include "common/words.h"
#include "tests/testing/blocking_io.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/mode_probe.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::FakeClock;
using ::copycost::testing::ProbeOf;
using ::copycost::testing::ReceiveAll;
using ::copycost::testing::SendAll;
using ::copycost::testing::StatusIs;
using ::testing::HasSubstr;

constexpr uint64_t kMessageBytes = 4096;
constexpr int kBufferBytes = 64 << 10;
constexpr uint64_t kMessages = 500;  // far more than the buffers hold
constexpr uint64_t kBytes = kMessages * kMessageBytes;
constexpr std::chrono::seconds kLong(30);
constexpr StreamOptions kStream = {.message_bytes = kMessageBytes, .messages = kMessages};

void SetBuffer(const UniqueFd& socket, int option) {
  ::setsockopt(socket.get(), SOL_SOCKET, option, &kBufferBytes, sizeof(kBufferBytes));
}

// Two flows of one thread, whose peers are the test's.
class StreamsTest : public ::testing::Test {
 protected:
  StreamsTest() {
    for (SocketPair& pair : pairs_) {
      pair = *ConnectLoopbackPair();
      SetBuffer(pair.client, SO_SNDBUF);
      SetBuffer(pair.server, SO_RCVBUF);
    }
    meters_[0].LookFor(meter_pointers_);
    gate_.Advance(Phase::kRunning);
  }

  FlowSpec SpecOf(size_t flow) {
    return {.message_bytes = kMessageBytes,
            .fields = 1,
            .ring_depth = 2,
            .path = DataPath::kLocalDelivery,
            .counters = meters_[flow].counters()};
  }

  SendingFlow Sending(size_t flow, Sender& sender) {
    return {.number = static_cast<uint32_t>(flow),
            .socket = pairs_[flow].client.get(),
            .sender = sender,
            .meter = meters_[flow]};
  }

  // The ends that are the test's own must not wait for good.
  void LimitWaits(UniqueFd SocketPair::*end) {
    const timeval limit = {.tv_sec = kLong.count(), .tv_usec = 0};
    for (SocketPair& pair : pairs_) {
      for (const int option : {SO_SNDTIMEO, SO_RCVTIMEO}) {
        ::setsockopt((pair.*end).get(), SOL_SOCKET, option, &limit, sizeof(limit));
      }
    }
  }

  // Waits for the thread that has the ends `theirs`; where it would go on waiting, these end under
  // it.
  void Join(std::thread& thread, std::future<void> done, UniqueFd SocketPair::*theirs) {
    const bool ended = done.wait_for(kLong) == std::future_status::ready;
    EXPECT_TRUE(ended) << "it waits for good";
    if (!ended) {
      for (SocketPair& pair : pairs_) ::shutdown((pair.*theirs).get(), SHUT_RDWR);
    }
    thread.join();
  }

  void Take(size_t flow, uint64_t bytes) {
    EXPECT_EQ(ReceiveAll(pairs_[flow].server.get(), bytes).size(), bytes);
  }

  uint64_t WaitNs(size_t flow) { return meters_[flow].counters().completion_wait_ns.Get(); }

  FakeClock clock_;
  WindowGate gate_{clock_};
  FlowMeter meters_[2] = {FlowMeter(gate_), FlowMeter(gate_)};
  FlowMeter* const meter_pointers_[2] = {&meters_[0], &meters_[1]};
  SocketPair pairs_[2];
};

class EverySendModeOfTwo : public StreamsTest, public ::testing::WithParamInterface<v1::SendMode> {
 protected:
  void SetUp() override {
    const absl::Status probed = ProbeOf(GetParam());
    if (!probed.ok()) GTEST_SKIP() << probed.message();
  }
};

// Neither one whose socket stays full, nor one whose buffers the kernel keeps for that.
TEST_P(EverySendModeOfTwo, AFlowWhosePeerTakesNothingHoldsUpNoOther) {
  LimitWaits(&SocketPair::server);
  absl::Status sent;
  std::promise<void> done;
  std::thread thread([&] {
    std::vector<std::unique_ptr<Content>> contents;
    std::vector<std::unique_ptr<Sender>> senders;
    std::vector<SendingFlow> flows;
    for (size_t flow : {0, 1}) {
      contents.push_back(*MakeContent(v1::TOUCH_FIELDS, flow));
      senders.push_back(*MakeSender(GetParam()));
      EXPECT_OK(senders[flow]->Open(SpecOf(flow), pairs_[flow].client.get(), *contents[flow]));
      flows.push_back(Sending(flow, *senders[flow]));
    }
    sent = SendStreams(kStream, flows);
    const absl::Time deadline = MonotonicTime() + absl::FromChrono(kLong);
    for (const auto& sender : senders) EXPECT_OK(sender->Drain(deadline));
    done.set_value();
  });
  Take(1, kBytes);
  Take(0, kBytes);
  Join(thread, done.get_future(), &SocketPair::client);
  EXPECT_OK(sent);
  for (FlowMeter& meter : meters_) {
    EXPECT_EQ(meter.counters().messages.Get(), kMessages);
    EXPECT_EQ(meter.counters().bytes.Get(), kBytes);
  }
}

INSTANTIATE_TEST_SUITE_P(StreamsTest, EverySendModeOfTwo,
                         ::testing::ValuesIn(AllValues<v1::SendMode>()),
                         [](const auto& info) { return v1::SendMode_Name(info.param); });

class EveryReceiveModeOfTwo : public StreamsTest,
                              public ::testing::WithParamInterface<v1::ReceiveMode> {
 protected:
  void SetUp() override {
    const absl::Status probed = ProbeOf(GetParam());
    if (!probed.ok()) GTEST_SKIP() << probed.message();
  }

  // All messages of a flow, and the end of its stream.
  void Send(size_t flow) {
    EXPECT_TRUE(SendAll(pairs_[flow].client.get(), std::string(kBytes, 'm')));
    ::shutdown(pairs_[flow].client.get(), SHUT_WR);
  }
};

TEST_P(EveryReceiveModeOfTwo, AFlowOfWhichNothingComesHoldsUpNoOther) {
  LimitWaits(&SocketPair::client);
  absl::Status received;
  std::promise<void> ended[2];
  std::promise<void> done;
  std::thread thread([&] {
    const std::unique_ptr<Sink> sink = *MakeSink(v1::READ_NONE, 0);
    std::vector<std::unique_ptr<Receiver>> receivers;
    std::vector<ReceivingFlow> flows;
    for (size_t flow : {0, 1}) {
      receivers.push_back(*MakeReceiver(GetParam()));
      EXPECT_OK(receivers[flow]->Open(SpecOf(flow), pairs_[flow].server.get(), *sink));
      flows.push_back({.number = static_cast<uint32_t>(flow),
                       .socket = pairs_[flow].server.get(),
                       .receiver = *receivers[flow],
                       .meter = meters_[flow],
                       .on_end = [&ended, flow] {
                         ended[flow].set_value();
                         return absl::OkStatus();
                       }});
    }
    received = ReceiveStreams(kStream, flows);
    done.set_value();
  });
  // A part of a message, of which there is no more for long.
  EXPECT_TRUE(SendAll(pairs_[0].client.get(), "part"));
  Send(1);
  EXPECT_EQ(ended[1].get_future().wait_for(kLong), std::future_status::ready);
  EXPECT_TRUE(SendAll(pairs_[0].client.get(), std::string(kMessageBytes - 4, 'r')));
  Send(0);
  Join(thread, done.get_future(), &SocketPair::server);
  // A message more than was due.
  EXPECT_THAT(received, StatusIs(absl::StatusCode::kDataLoss,
                                 HasSubstr("flow 0: the stream ended after 2052096 bytes")));
  EXPECT_EQ(meters_[0].counters().bytes.Get(), kBytes + kMessageBytes);
  EXPECT_EQ(meters_[1].counters().bytes.Get(), kBytes);
}

INSTANTIATE_TEST_SUITE_P(StreamsTest, EveryReceiveModeOfTwo,
                         ::testing::ValuesIn(AllValues<v1::ReceiveMode>()),
                         [](const auto& info) { return v1::ReceiveMode_Name(info.param); });

// Tells that it sent, or that it is blocked, and sends nothing.
class FakeSender final : public Sender {
 public:
  std::function<Progress()> send = [] { return Progress{.messages = 1, .bytes = kMessageBytes}; };
  bool owned = false;  // a buffer is the kernel's, until it is let go

  absl::Status Open(const FlowSpec&, int, Content&) override { return absl::OkStatus(); }
  absl::StatusOr<Progress> Send(uint32_t) override { return send(); }
  uint32_t outstanding() const override { return outstanding_; }
  absl::Status Reap() override {
    outstanding_ = owned ? 1 : 0;
    return absl::OkStatus();
  }
  absl::StatusOr<v1::Evidence> TakeEvidence() override { return v1::Evidence(); }
  void Echo(v1::Workload&) const override {}

  Progress Blocked() {
    outstanding_ = 1;
    return {.blocked_on = BlockedOn::kCompletions};
  }

 private:
  uint32_t outstanding_ = 0;
};

TEST_F(StreamsTest, FlowsWithRoomSendInTurn) {
  FakeSender senders[2];
  std::vector<size_t> order;
  for (size_t flow : {0, 1}) {
    senders[flow].send = [&order, flow] {
      order.push_back(flow);
      return Progress{.messages = 1, .bytes = kMessageBytes};
    };
  }
  const std::vector<SendingFlow> flows = {Sending(0, senders[0]), Sending(1, senders[1])};
  EXPECT_OK(SendStreams(kStream, flows));
  ASSERT_EQ(order.size(), 2 * kMessages);
  for (size_t i = 0; i < order.size(); i += 2) EXPECT_NE(order[i], order[i + 1]) << i;
}

TEST_F(StreamsTest, AFlowThatWaitsForCompletionsIsPassedOverAndTheWaitIsItsOwn) {
  FakeSender blocked;
  FakeSender other;
  blocked.owned = true;
  blocked.send = [&] {
    if (blocked.owned) return blocked.Blocked();
    return Progress{.messages = 1, .bytes = kMessageBytes};
  };
  uint64_t sent = 0;
  uint64_t waited_while_other_sends = 0;
  // It is let go when nothing is left but to wait for it.
  other.send = [&] {
    waited_while_other_sends = WaitNs(0);
    if (++sent == kMessages) blocked.owned = false;
    return Progress{.messages = 1, .bytes = kMessageBytes};
  };
  const std::vector<SendingFlow> flows = {Sending(0, blocked), Sending(1, other)};
  EXPECT_OK(SendStreams(kStream, flows));
  EXPECT_EQ(waited_while_other_sends, 0u);
  EXPECT_GT(WaitNs(0), 0u);
  EXPECT_EQ(WaitNs(1), 0u);
  EXPECT_EQ(meters_[0].counters().messages.Get(), kMessages);
}

TEST_F(StreamsTest, TheGatesStopEndsAllFlows) {
  FakeSender blocked;
  blocked.owned = true;
  blocked.send = [&] { return blocked.Blocked(); };
  FakeSender endless;
  uint64_t sent = 0;
  endless.send = [&] {
    if (++sent == 1000) gate_.Advance(Phase::kStop);
    return Progress{.messages = 1, .bytes = kMessageBytes};
  };
  const std::vector<SendingFlow> flows = {Sending(0, blocked), Sending(1, endless)};
  EXPECT_OK(SendStreams({.message_bytes = kMessageBytes, .messages = 0}, flows));
  EXPECT_EQ(sent, 1000u);
}

TEST_F(StreamsTest, TheGatesStopEndsFlowsThatAllWait) {
  FakeSender blocked[2];
  for (FakeSender& sender : blocked) {
    sender.owned = true;
    sender.send = [&sender] { return sender.Blocked(); };
  }
  absl::Status sent;
  std::thread thread([&] {
    const std::vector<SendingFlow> flows = {Sending(0, blocked[0]), Sending(1, blocked[1])};
    sent = SendStreams(kStream, flows);
  });
  gate_.Advance(Phase::kStop);
  thread.join();
  EXPECT_OK(sent);
}

TEST_F(StreamsTest, AConnectionThatIsGoneEndsAFlowThatWaitsForCompletions) {
  FakeSender blocked[2];
  for (FakeSender& sender : blocked) {
    sender.owned = true;
    sender.send = [&sender] { return sender.Blocked(); };
  }
  ::shutdown(pairs_[1].client.get(), SHUT_RDWR);
  ::shutdown(pairs_[1].server.get(), SHUT_RDWR);
  const std::vector<SendingFlow> flows = {Sending(0, blocked[0]), Sending(1, blocked[1])};
  EXPECT_THAT(SendStreams(kStream, flows),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("flow 1: ")));
}

TEST_F(StreamsTest, AMessageOfAnotherSizeNamesItsFlow) {
  FakeSender senders[2];
  senders[1].send = [] { return Progress{.messages = 1, .bytes = 1}; };
  const std::vector<SendingFlow> flows = {Sending(0, senders[0]), Sending(1, senders[1])};
  EXPECT_THAT(SendStreams(kStream, flows),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("flow 1: the sender submitted 1 ")));
}

}  // namespace
}  // namespace copycost
