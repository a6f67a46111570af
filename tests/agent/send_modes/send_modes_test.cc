#include "agent/send_modes/send_modes.h"

#include <signal.h>
#include <sys/socket.h>

#include <string>
#include <vector>

#include "agent/transport/tcp.h"
#include "common/clock.h"
#include "common/mode_traits.h"
#include "common/words.h"
#include "tests/testing/blocking_io.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::IsOk;
using ::copycost::testing::StatusIs;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAreArray;

const SendModeRow& RowOf(v1::SendMode mode) {
  for (const SendModeRow& row : SendModes()) {
    if (row.mode == mode) return row;
  }
  return SendModes()[0];
}

TEST(SendModesTest, EveryModeHasOneRow) {
  std::vector<v1::SendMode> rows;
  for (const SendModeRow& row : SendModes()) rows.push_back(row.mode);
  EXPECT_THAT(rows, UnorderedElementsAreArray(AllValues<v1::SendMode>()));
}

TEST(SendModesTest, RefusesAModeWithoutARow) {
  EXPECT_THAT(MakeSender(v1::SEND_MODE_UNSPECIFIED),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("workload.send_mode")));
  EXPECT_THAT(MakeSender(static_cast<v1::SendMode>(999)),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("999")));
}

TEST(SendModesTest, WhatTheKernelLacksIsToldWithAReason) {
  for (const SendModeRow& row : SendModes()) {
    EXPECT_THAT(row.probe(),
                AnyOf(IsOk(), StatusIs(absl::StatusCode::kFailedPrecondition, Not(""))))
        << Label(row.mode);
  }
}

// Remembers where each message was made.
class PlaceContent final : public Content {
 public:
  void Fill(uint64_t /*message*/, Fields fields) override {
    places_.push_back(fields[0].data());
    for (const absl::Span<std::byte> field : fields) field[0] = std::byte{1};
  }
  v1::Touch touch() const override { return v1::TOUCH_FIELDS; }
  const std::vector<const std::byte*>& places() const { return places_; }

 private:
  std::vector<const std::byte*> places_;
};

class EverySendMode : public ::testing::TestWithParam<v1::SendMode> {
 protected:
  void SetUp() override {
    const absl::Status probed = RowOf(GetParam()).probe();
    if (!probed.ok()) GTEST_SKIP() << probed.message();
    pair_ = *ConnectLoopbackPair();
    sender_ = *MakeSender(GetParam());
  }

  absl::Status Open(uint64_t message_bytes, uint32_t fields, uint32_t ring_depth) {
    return sender_->Open({.message_bytes = message_bytes,
                          .fields = fields,
                          .ring_depth = ring_depth,
                          .path = DataPath::kLocalDelivery,
                          .counters = counters_},
                         pair_.client.get(), *content_);
  }

  SocketPair pair_;
  FlowCounters counters_;
  std::unique_ptr<Content> content_ = *MakeContent(v1::TOUCH_NONE, 0);
  std::unique_ptr<Sender> sender_;
};

TEST_P(EverySendMode, EchoesWhatItWasOpenedWith) {
  ASSERT_OK(Open(6000, 3, 5));
  v1::Workload applied;
  sender_->Echo(applied);
  EXPECT_EQ(applied.send_mode(), GetParam());
  EXPECT_EQ(applied.message_bytes(), 6000u);
  EXPECT_EQ(applied.fields(), 3u);
  // Only a mode with a ring has a depth to tell.
  EXPECT_EQ(applied.ring_depth(), PinsBuffers(GetParam()) ? 5u : 0u);
}

// Message by message through the whole working set, and from the first again; in the order of their
// addresses, which a prefetcher follows. What sendfile sends from is a file.
TEST_P(EverySendMode, GoesThroughTheWorkingSet) {
  constexpr uint32_t kMessages = 5;
  PlaceContent content;
  ASSERT_OK(sender_->Open({.message_bytes = 600,
                           .fields = 3,
                           .ring_depth = 2,
                           .path = DataPath::kLocalDelivery,
                           .counters = counters_,
                           .memory = {.working_set_bytes = kMessages * 600, .alignment_bytes = 16}},
                          pair_.client.get(), content));
  v1::Workload applied;
  sender_->Echo(applied);
  EXPECT_EQ(applied.working_set_bytes(), kMessages * 600);
  EXPECT_EQ(applied.alignment_bytes(), 16u);
  for (uint32_t message = 0; message < 2 * kMessages; ++message) {
    ASSERT_OK(sender_->Send(1));
    ASSERT_EQ(testing::ReceiveAll(pair_.server.get(), 600).size(), 600u);
    ASSERT_OK(sender_->Drain(MonotonicTime() + absl::Seconds(5)));
  }
  const auto& places = content.places();
  ASSERT_EQ(places.size(), 2 * kMessages);
  const bool from_a_file = GetParam() == v1::SEND_MODE_SENDFILE;
  for (uint32_t message = 1; message < kMessages; ++message) {
    EXPECT_EQ(places[message - 1] < places[message], !from_a_file) << message;
  }
  for (uint32_t message = 0; message < kMessages; ++message) {
    EXPECT_EQ(places[message], places[message + kMessages]) << message;
  }
}

// Without a change there is nothing to write, and what is sent is still the whole working set.
TEST_P(EverySendMode, SendsAnUnchangedWorkingSet) {
  ASSERT_OK(sender_->Open({.message_bytes = 600,
                           .fields = 3,
                           .ring_depth = 2,
                           .path = DataPath::kLocalDelivery,
                           .counters = counters_,
                           .memory = {.working_set_bytes = 5 * 600}},
                          pair_.client.get(), *content_));
  for (int message = 0; message < 12; ++message) {
    ASSERT_OK(sender_->Send(1));
    const std::string taken = testing::ReceiveAll(pair_.server.get(), 600);
    ASSERT_EQ(taken.size(), 600u);
    // Fresh pages hold what is in them; there are such pages, but no more is told of them.
    if (GetParam() != v1::SEND_MODE_VMSPLICE) {
      EXPECT_EQ(taken.find('\0'), taken.npos) << "message " << message << " was never written";
    }
    ASSERT_OK(sender_->Drain(MonotonicTime() + absl::Seconds(5)));
  }
}

TEST_P(EverySendMode, RefusesAMessageThatCannotBeSplit) {
  EXPECT_THAT(Open(1000, 3, 5),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("workload.message_bytes")));
}

TEST(SendModesTest, ARingWhoseDepthWasNotResolvedIsRefusedByName) {
  FlowCounters counters;
  const SocketPair pair = *ConnectLoopbackPair();
  const std::unique_ptr<Content> content = *MakeContent(v1::TOUCH_NONE, 0);
  EXPECT_THAT((*MakeSender(v1::SEND_MODE_ZERO_COPY))
                  ->Open({.message_bytes = 4096,
                          .fields = 1,
                          .ring_depth = 0,
                          .path = DataPath::kLocalDelivery,
                          .counters = counters},
                         pair.client.get(), *content),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("workload.ring_depth")));
}

TEST_P(EverySendMode, SaysThatTheConnectionIsGone) {
  ASSERT_OK(Open(4096, 1, 4));
  ::shutdown(pair_.client.get(), SHUT_WR);
  ::signal(SIGPIPE, SIG_IGN);  // as the agent does: not every call can be told to spare it
  EXPECT_THAT(sender_->Send(1), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("Broken pipe")));
}

INSTANTIATE_TEST_SUITE_P(SendModesTest, EverySendMode,
                         ::testing::ValuesIn(AllValues<v1::SendMode>()),
                         [](const auto& info) { return v1::SendMode_Name(info.param); });

}  // namespace
}  // namespace copycost
