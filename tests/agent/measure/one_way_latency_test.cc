#include "agent/measure/one_way_latency.h"

#include <cstring>
#include <vector>

#include "agent/measure/window_gate.h"
#include "common/clock.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

constexpr uint64_t kMessageBytes = 20;
constexpr int64_t kHour = 3'600'000'000'000;

std::vector<std::byte> MessageMadeAt(int64_t instant) {
  std::vector<std::byte> message(kMessageBytes, std::byte{9});
  std::memcpy(message.data(), &instant, sizeof(instant));
  return message;
}

class OneWayLatencyTest : public ::testing::Test {
 protected:
  OneWayLatencyTest() {
    const int64_t now = MonotonicNanos();
    meter_.Schedule(now - kHour, now + kHour, {});
  }

  // In pieces of so many bytes.
  void Bring(const std::vector<std::byte>& message, size_t piece) {
    for (size_t at = 0; at < message.size(); at += piece) {
      const auto part = absl::MakeConstSpan(message).subspan(at, piece);
      one_way_.See(offset_, part);
      offset_ += part.size();
    }
    one_way_.Taken(meter_);
  }

  RealClock clock_;
  WindowGate gate_{clock_};
  FlowMeter meter_{gate_};
  OneWayLatency one_way_{kMessageBytes};
  uint64_t offset_ = 0;
};

TEST_F(OneWayLatencyTest, IsWhatTheClockSaysSinceTheMessageWasMade) {
  constexpr int64_t kSecond = 1'000'000'000;
  Bring(MessageMadeAt(MonotonicNanos() - kSecond), kMessageBytes);
  const auto told = one_way_.Tell();
  ASSERT_TRUE(told.has_value());
  EXPECT_EQ(told->count(), 1u);
  EXPECT_GE(told->min_ns(), static_cast<uint64_t>(kSecond));
  EXPECT_LT(told->max_ns(), static_cast<uint64_t>(kHour));
}

TEST_F(OneWayLatencyTest, AStampMayComeInPieces) {
  for (const size_t piece : {1, 3, 7, 8, 9, 19}) {
    Bring(MessageMadeAt(MonotonicNanos() - kHour / 2), piece);
  }
  const auto told = one_way_.Tell();
  ASSERT_TRUE(told.has_value());
  EXPECT_EQ(told->count(), 6u);
  EXPECT_GE(told->min_ns(), static_cast<uint64_t>(kHour / 2));
}

TEST_F(OneWayLatencyTest, WhatWasMadeBeforeTheWindowDoesNotCount) {
  Bring(MessageMadeAt(MonotonicNanos() - 2 * kHour), kMessageBytes);
  const auto told = one_way_.Tell();
  ASSERT_TRUE(told.has_value());
  EXPECT_EQ(told->count(), 0u);
}

TEST_F(OneWayLatencyTest, AMessageFromTheFutureTellsThatTheClocksDiffer) {
  Bring(MessageMadeAt(MonotonicNanos()), kMessageBytes);
  Bring(MessageMadeAt(MonotonicNanos() + kHour), kMessageBytes);
  Bring(MessageMadeAt(MonotonicNanos()), kMessageBytes);
  EXPECT_FALSE(one_way_.Tell().has_value());
}

TEST(StampingContentTest, SaysWhenAMessageWasMadeAndWritesTheRestAsBefore) {
  std::vector<std::byte> first(10);
  std::vector<std::byte> second(10);
  const std::vector<absl::Span<std::byte>> fields = {absl::MakeSpan(first), absl::MakeSpan(second)};
  const auto content = MakeStampingContent(*MakeContent(v1::TOUCH_FIELDS, 0));
  const int64_t before = MonotonicNanos();
  content->Fill(4, fields);
  const int64_t after = MonotonicNanos();
  int64_t made;
  std::memcpy(&made, first.data(), sizeof(made));
  EXPECT_GE(made, before);
  EXPECT_LE(made, after);
  EXPECT_EQ(first[8], std::byte{5});
  EXPECT_EQ(second[0], std::byte{5});
  EXPECT_EQ(content->touch(), v1::TOUCH_FIELDS);
  EXPECT_EQ(content->touched_bytes(), 20u);
}

TEST(StampSinkTest, GivesOnWhatItTakesAndWhatIsSaidOfIt) {
  OneWayLatency one_way(kMessageBytes);
  const auto sink = MakeStampSink(*MakeSink(v1::READ_VERIFY, 1), one_way);
  const std::vector<std::byte> wrong(kMessageBytes);
  EXPECT_THAT(sink->Take(0, wrong), testing::StatusIs(absl::StatusCode::kDataLoss,
                                                      "byte 0 of the stream is not what was sent"));
  const auto checksum = MakeStampSink(*MakeSink(v1::READ_CHECKSUM, 1), one_way);
  ASSERT_OK(checksum->Take(0, wrong));
  EXPECT_EQ(checksum->read_bytes(), kMessageBytes);
  EXPECT_EQ(checksum->read(), v1::READ_CHECKSUM);
}

}  // namespace
}  // namespace copycost
