#include "agent/receive_modes/receive_modes.h"

#include <sys/socket.h>

#include <string>
#include <vector>

#include "agent/transport/tcp.h"
#include "common/mode_traits.h"
#include "common/words.h"
#include "tests/testing/blocking_io.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAreArray;

// Finds every byte wrong.
class DisbelievingSink final : public Sink {
 public:
  absl::Status Take(uint64_t, absl::Span<const std::byte>) override {
    return absl::DataLossError("wrong");
  }
  v1::Read read() const override { return v1::READ_VERIFY; }
};

// Remembers where what arrived was.
class PlaceSink final : public Sink {
 public:
  absl::Status Take(uint64_t, absl::Span<const std::byte> bytes) override {
    places_.push_back(bytes.data());
    return absl::OkStatus();
  }
  v1::Read read() const override { return v1::READ_NONE; }
  const std::vector<const std::byte*>& places() const { return places_; }

 private:
  std::vector<const std::byte*> places_;
};

TEST(ReceiveModesTest, EveryModeHasOneRow) {
  std::vector<v1::ReceiveMode> rows;
  for (const ReceiveModeRow& row : ReceiveModes()) rows.push_back(row.mode);
  EXPECT_THAT(rows, UnorderedElementsAreArray(AllValues<v1::ReceiveMode>()));
}

TEST(ReceiveModesTest, RefusesAModeWithoutARow) {
  EXPECT_THAT(MakeReceiver(v1::RECEIVE_MODE_UNSPECIFIED),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("workload.receive_mode")));
}

TEST(ReceiveModesTest, AModeThatIsOnlyProbedSaysWhatItTakes) {
  for (const v1::ReceiveMode mode : {v1::RECEIVE_MODE_URING_ZERO_COPY, v1::RECEIVE_MODE_DEVMEM}) {
    EXPECT_THAT(MakeReceiver(mode).status(),
                StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("it ")));
  }
}

class EveryReceiveMode : public ::testing::TestWithParam<v1::ReceiveMode> {
 protected:
  void SetUp() override {
    for (const ReceiveModeRow& row : ReceiveModes()) {
      if (row.mode != GetParam()) continue;
      const absl::Status probed = row.probe();
      if (!probed.ok()) GTEST_SKIP() << probed.message();
    }
    pair_ = *ConnectLoopbackPair();
    receiver_ = *MakeReceiver(GetParam());
  }

  absl::Status Open(Sink& sink) {
    return receiver_->Open({.message_bytes = 6000,
                            .fields = 3,
                            .ring_depth = 5,
                            .path = DataPath::kLocalDelivery,
                            .counters = counters_},
                           pair_.server.get(), sink);
  }

  void Send(const std::string& text) { ASSERT_TRUE(testing::SendAll(pair_.client.get(), text)); }

  SocketPair pair_;
  FlowCounters counters_;
  std::unique_ptr<Sink> sink_ = *MakeSink(v1::READ_CHECKSUM, 0);
  std::unique_ptr<Receiver> receiver_;
};

TEST_P(EveryReceiveMode, EchoesWhatItWasOpenedWith) {
  ASSERT_OK(Open(*sink_));
  v1::Workload applied;
  receiver_->Echo(applied);
  EXPECT_EQ(applied.receive_mode(), GetParam());
  EXPECT_EQ(applied.message_bytes(), 6000u);
}

TEST_P(EveryReceiveMode, TakesWhatCameAndThenTheEndOfTheStream) {
  ASSERT_OK(Open(*sink_));
  Send("abc");
  const auto arrival = receiver_->Receive();
  ASSERT_OK(arrival);
  EXPECT_EQ(arrival->bytes, 3u);
  EXPECT_FALSE(arrival->end_of_stream);
  EXPECT_EQ(sink_->read_bytes(), DeliversNothing(GetParam()) ? 0u : 3u);
  ::shutdown(pair_.client.get(), SHUT_WR);
  const auto end = receiver_->Receive();
  ASSERT_OK(end);
  EXPECT_EQ(end->bytes, 0u);
  EXPECT_TRUE(end->end_of_stream);
}

// Call by call through the whole working set, and from the first again.
TEST_P(EveryReceiveMode, GoesThroughTheWorkingSet) {
  if (!HasBuffers(GetParam())) GTEST_SKIP() << "it has no buffers";
  constexpr uint32_t kMessages = 5;
  PlaceSink sink;
  ASSERT_OK(
      receiver_->Open({.message_bytes = 600,
                       .fields = 3,
                       .ring_depth = 2,
                       .path = DataPath::kLocalDelivery,
                       .counters = counters_,
                       .memory = {.working_set_bytes = kMessages * 600, .alignment_bytes = 16}},
                      pair_.server.get(), sink));
  v1::Workload applied;
  receiver_->Echo(applied);
  EXPECT_EQ(applied.working_set_bytes(), kMessages * 600);
  EXPECT_EQ(applied.alignment_bytes(), 16u);
  for (uint32_t message = 0; message < 2 * kMessages; ++message) {
    Send("abc");
    ASSERT_OK(receiver_->Receive());
  }
  const auto& places = sink.places();
  ASSERT_EQ(places.size(), 2 * kMessages);
  for (uint32_t message = 0; message < kMessages; ++message) {
    EXPECT_EQ(places[message], places[message + kMessages]) << message;
    for (uint32_t other = 0; other < message; ++other) {
      EXPECT_NE(places[message], places[other]) << message << " and " << other;
    }
  }
}

TEST_P(EveryReceiveMode, PassesOnWhatTheSinkFound) {
  DisbelievingSink sink;
  ASSERT_OK(Open(sink));
  Send("abc");
  const auto arrival = receiver_->Receive();
  if (DeliversNothing(GetParam())) {
    EXPECT_OK(arrival);
  } else {
    EXPECT_THAT(arrival, StatusIs(absl::StatusCode::kDataLoss, "wrong"));
  }
}

TEST_P(EveryReceiveMode, SaysThatTheConnectionWasReset) {
  ASSERT_OK(Open(*sink_));
  const linger reset_on_close{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(pair_.client.get(), SOL_SOCKET, SO_LINGER, &reset_on_close, sizeof(reset_on_close));
  pair_.client.Reset();
  EXPECT_THAT(receiver_->Receive(),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("reset by peer")));
}

INSTANTIATE_TEST_SUITE_P(ReceiveModesTest, EveryReceiveMode,
                         ::testing::ValuesIn(AllValues<v1::ReceiveMode>()),
                         [](const auto& info) { return v1::ReceiveMode_Name(info.param); });

}  // namespace
}  // namespace copycost
