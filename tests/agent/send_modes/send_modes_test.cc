#include "agent/send_modes/send_modes.h"

#include <signal.h>
#include <sys/socket.h>

#include <vector>

#include "agent/transport/tcp.h"
#include "common/mode_traits.h"
#include "common/words.h"
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
  EXPECT_THAT(rows, UnorderedElementsAreArray(copycost::AllOf<v1::SendMode>()));
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
                         ::testing::ValuesIn(copycost::AllOf<v1::SendMode>()),
                         [](const auto& info) { return v1::SendMode_Name(info.param); });

}  // namespace
}  // namespace copycost
