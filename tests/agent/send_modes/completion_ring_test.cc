#include "agent/send_modes/completion_ring.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <random>

#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::StatusIs;
using ::testing::_;

constexpr absl::StatusCode kInternal = absl::StatusCode::kInternal;

// A message of one call.
uint32_t SendMessage(CompletionRing& ring, uint64_t bytes) {
  const uint32_t buffer = ring.Take();
  ring.Sent(buffer, bytes);
  ring.Submitted(buffer);
  return buffer;
}

TEST(CompletionRingTest, ABufferIsTheKernelsUntilItsCallIsComplete) {
  CompletionRing ring({.buffers = 1, .most_taken = 1});
  SendMessage(ring, 100);
  EXPECT_FALSE(ring.CanTake());
  EXPECT_EQ(ring.outstanding_calls(), 1u);
  ASSERT_OK(ring.Complete(0, 0));
  EXPECT_TRUE(ring.CanTake());
  EXPECT_EQ(ring.outstanding_calls(), 0u);
}

TEST(CompletionRingTest, AMergedNotificationCompletesAllItsCalls) {
  CompletionRing ring({.buffers = 4, .most_taken = 4});
  for (uint64_t bytes : {1, 20, 300, 4000}) SendMessage(ring, bytes);
  const auto completed = ring.Complete(1, 3);
  ASSERT_OK(completed);
  EXPECT_EQ(completed->calls, 3u);
  EXPECT_EQ(completed->bytes, 4320u);
  EXPECT_EQ(ring.outstanding_calls(), 1u);
}

// A working set larger than the ring: every buffer has its turn, and few are the kernel's at once.
TEST(CompletionRingTest, GoesThroughAllBuffersWithFewTaken) {
  CompletionRing ring({.buffers = 7, .most_taken = 2});
  EXPECT_EQ(ring.most_taken(), 2u);
  uint32_t call = 0;
  for (uint32_t message = 0; message < 21; message += 2) {
    EXPECT_EQ(SendMessage(ring, 10), message % 7);
    EXPECT_EQ(SendMessage(ring, 10), (message + 1) % 7);
    EXPECT_FALSE(ring.CanTake());
    ASSERT_OK(ring.Complete(call, call + 1));
    call += 2;
    EXPECT_TRUE(ring.CanTake());
  }
}

TEST(CompletionRingTest, GivesOutTheBufferThatHasBeenFreeForLongest) {
  CompletionRing ring({.buffers = 3, .most_taken = 3});
  const uint32_t first = SendMessage(ring, 10);
  const uint32_t second = SendMessage(ring, 10);
  const uint32_t third = ring.Take();
  ASSERT_OK(ring.Complete(1, 1));
  ASSERT_OK(ring.Complete(0, 0));
  EXPECT_EQ(ring.Take(), second);
  EXPECT_EQ(ring.Take(), first);
  ring.Sent(third, 10);
  ring.Submitted(third);
  EXPECT_FALSE(ring.CanTake());
}

TEST(CompletionRingTest, NotificationsMayComeOutOfOrder) {
  CompletionRing ring({.buffers = 2, .most_taken = 2});
  SendMessage(ring, 10);
  const uint32_t second = SendMessage(ring, 20);
  ASSERT_OK(ring.Complete(1, 1));
  ASSERT_TRUE(ring.CanTake());
  EXPECT_EQ(ring.Take(), second);
  EXPECT_FALSE(ring.CanTake());
}

TEST(CompletionRingTest, AMessageSentInPartsKeepsItsBufferUntilEveryPartIsComplete) {
  CompletionRing ring({.buffers = 1, .most_taken = 1});
  const uint32_t buffer = ring.Take();
  ring.Sent(buffer, 60);
  ring.Sent(buffer, 40);
  ring.Submitted(buffer);
  ASSERT_OK(ring.Complete(1, 1));
  EXPECT_FALSE(ring.CanTake());
  ASSERT_OK(ring.Complete(0, 0));
  EXPECT_TRUE(ring.CanTake());
}

TEST(CompletionRingTest, ABufferIsNotFreeWhileItsMessageIsHalfSent) {
  CompletionRing ring({.buffers = 1, .most_taken = 1});
  const uint32_t buffer = ring.Take();
  ring.Sent(buffer, 60);
  ASSERT_OK(ring.Complete(0, 0));
  EXPECT_FALSE(ring.CanTake());
  ring.Sent(buffer, 40);
  ring.Submitted(buffer);
  EXPECT_FALSE(ring.CanTake());
  ASSERT_OK(ring.Complete(1, 1));
  EXPECT_TRUE(ring.CanTake());
}

TEST(CompletionRingTest, RefusesACallThatWasNeverMade) {
  CompletionRing ring({.buffers = 4, .most_taken = 4});
  SendMessage(ring, 10);
  SendMessage(ring, 10);
  EXPECT_THAT(ring.Complete(2, 2), StatusIs(kInternal, _));
  EXPECT_THAT(ring.Complete(1, 2), StatusIs(kInternal, _));
  EXPECT_THAT(ring.Complete(0xffffffff, 0), StatusIs(kInternal, _));  // wraps around
  EXPECT_EQ(ring.outstanding_calls(), 2u);
  ASSERT_OK(ring.Complete(0, 1));
}

TEST(CompletionRingTest, RefusesACallThatWasCompleteAlready) {
  CompletionRing ring({.buffers = 4, .most_taken = 4});
  SendMessage(ring, 10);
  SendMessage(ring, 10);
  ASSERT_OK(ring.Complete(0, 0));
  EXPECT_THAT(ring.Complete(0, 0), StatusIs(kInternal, _));
  EXPECT_THAT(ring.Complete(0, 1), StatusIs(kInternal, _));
  EXPECT_EQ(ring.outstanding_calls(), 1u);
}

// Its place in the books now belongs to a later call.
TEST(CompletionRingTest, RefusesAnOldCallWhosePlaceWasTakenOver) {
  CompletionRing ring({.buffers = 1, .most_taken = 1});
  for (uint32_t number = 0; number < 100; ++number) {
    SendMessage(ring, 10);
    for (uint32_t old = 0; old < number; ++old) {
      ASSERT_THAT(ring.Complete(old, old), StatusIs(kInternal, _)) << old << " of " << number;
    }
    ASSERT_OK(ring.Complete(number, number));
  }
}

TEST(CompletionRingTest, RefusesARangeThatEndsBeforeItBegins) {
  CompletionRing ring({.buffers = 4, .most_taken = 4});
  SendMessage(ring, 10);
  SendMessage(ring, 10);
  EXPECT_THAT(ring.Complete(1, 0), StatusIs(kInternal, _));
  EXPECT_EQ(ring.outstanding_calls(), 2u);
}

TEST(CompletionRingTest, AMessageInVeryManyPartsWaitsForTheOldestPart) {
  CompletionRing ring({.buffers = 1, .most_taken = 1});
  const uint32_t buffer = ring.Take();
  uint32_t parts = 0;
  for (; ring.CanSend() && parts < 1000; ++parts) ring.Sent(buffer, 1);
  ASSERT_GT(parts, 1u);
  ASSERT_FALSE(ring.CanSend());
  ASSERT_OK(ring.Complete(1, parts - 1));
  EXPECT_FALSE(ring.CanSend());
  ASSERT_OK(ring.Complete(0, 0));
  EXPECT_TRUE(ring.CanSend());
  ring.Sent(buffer, 1);
  ring.Submitted(buffer);
  ASSERT_OK(ring.Complete(parts, parts));
  EXPECT_TRUE(ring.CanTake());
}

// What the ring's user and the kernel may do, in any order, and what must be true meanwhile.
class RingModel {
 public:
  RingModel(uint32_t buffers, uint32_t seed)
      : buffers_(buffers), ring_({.buffers = buffers, .most_taken = buffers}), random_(seed) {}

  void Act() {
    switch (random_() % 4) {
      case 0:
        return SendPart();
      case 1:
        return SubmitMessage();
      case 2:
        return CompleteRange();
      default:
        return CompleteNonsense();
    }
  }

  void CompleteAll() {
    if (sending_.has_value()) SubmitMessage();
    while (!calls_.empty()) CompleteRange();
    for (uint32_t i = 0; i < buffers_; ++i) {
      ASSERT_TRUE(ring_.CanTake());
      ring_.Take();
    }
    EXPECT_FALSE(ring_.CanTake());
  }

 private:
  struct Call {
    uint32_t buffer;
    uint64_t bytes;
  };

  bool Owned(uint32_t buffer) const {
    return sending_ == buffer || std::any_of(calls_.begin(), calls_.end(), [&](const auto& call) {
             return call.second.buffer == buffer;
           });
  }

  void SendPart() {
    if (!sending_.has_value()) {
      if (!ring_.CanTake()) return;
      const uint32_t buffer = ring_.Take();
      ASSERT_LT(buffer, buffers_);
      ASSERT_FALSE(Owned(buffer)) << "the kernel may still read it";
      sending_ = buffer;
    }
    if (!ring_.CanSend()) {
      ASSERT_FALSE(calls_.empty());
      return;
    }
    const uint64_t bytes = 1 + random_() % 1000;
    ring_.Sent(*sending_, bytes);
    calls_[next_call_++] = {*sending_, bytes};
  }

  void SubmitMessage() {
    if (!sending_.has_value()) return;
    ring_.Submitted(*sending_);
    sending_.reset();
  }

  // As many calls from a random one on as the kernel could merge.
  void CompleteRange() {
    if (calls_.empty()) return;
    const auto first = std::next(calls_.begin(), static_cast<int>(random_() % calls_.size()));
    uint32_t last = first->first;
    uint64_t bytes = first->second.bytes;
    while (random_() % 3 != 0 && calls_.contains(last + 1)) bytes += calls_.at(++last).bytes;
    const auto completed = ring_.Complete(first->first, last);
    ASSERT_OK(completed);
    EXPECT_EQ(completed->calls, last - first->first + 1);
    EXPECT_EQ(completed->bytes, bytes);
    calls_.erase(first, calls_.upper_bound(last));
    EXPECT_EQ(ring_.outstanding_calls(), calls_.size());
  }

  void CompleteNonsense() {
    const uint32_t first = random_() % (next_call_ + 4);
    const uint32_t last = first + random_() % 4;
    bool valid = true;
    for (uint32_t number = first; number <= last; ++number) valid &= calls_.contains(number);
    if (valid) return;
    ASSERT_THAT(ring_.Complete(first, last), StatusIs(kInternal, _));
    EXPECT_EQ(ring_.outstanding_calls(), calls_.size());
  }

  const uint32_t buffers_;
  CompletionRing ring_;
  std::mt19937 random_;
  std::map<uint32_t, Call> calls_;  // outstanding, by number
  uint32_t next_call_ = 0;
  std::optional<uint32_t> sending_;
};

TEST(CompletionRingTest, NeverGivesOutABufferTheKernelOwnsAndLosesNone) {
  for (uint32_t buffers : {1u, 2u, 3u, 8u, 64u}) {
    RingModel model(buffers, buffers);
    for (int i = 0; i < 20'000; ++i) {
      model.Act();
      ASSERT_FALSE(::testing::Test::HasFatalFailure()) << buffers << " buffers, act " << i;
    }
    model.CompleteAll();
  }
}

TEST(CompletionRingTest, TheKernelsNumbersMayWrapAround) {
  CompletionRing ring({.buffers = 4, .most_taken = 4, .first_call = 0xfffffffe});
  for (int i = 0; i < 4; ++i) SendMessage(ring, 10);
  const auto completed = ring.Complete(0xffffffff, 0);
  ASSERT_OK(completed);
  EXPECT_EQ(completed->calls, 2u);
  EXPECT_THAT(ring.Complete(0xffffffff, 0), StatusIs(kInternal, _));
  ASSERT_OK(ring.Complete(1, 1));
  ASSERT_OK(ring.Complete(0xfffffffe, 0xfffffffe));
  EXPECT_EQ(ring.outstanding_calls(), 0u);
}

}  // namespace
}  // namespace copycost
