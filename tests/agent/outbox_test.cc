#include "agent/outbox.h"

#include <gtest/gtest.h>

namespace copycost {
namespace {

using Next = Outbox::Next;

v1::Event Numbered(uint32_t index) {
  v1::Event event;
  event.mutable_samples()->add_samples()->set_index(index);
  return event;
}

TEST(OutboxTest, OneEventIsWrittenAtATimeInOrder) {
  Outbox outbox;
  EXPECT_TRUE(outbox.empty());
  EXPECT_EQ(outbox.Push(Numbered(1)), Next::kWrite);
  EXPECT_EQ(outbox.Push(Numbered(2)), Next::kWait);
  EXPECT_EQ(outbox.front().samples().samples(0).index(), 1u);
  EXPECT_EQ(outbox.Written(), Next::kWrite);
  EXPECT_EQ(outbox.front().samples().samples(0).index(), 2u);
  EXPECT_EQ(outbox.Written(), Next::kNothing);
  EXPECT_TRUE(outbox.empty());
  EXPECT_EQ(outbox.Push(Numbered(3)), Next::kWrite);
}

TEST(OutboxTest, OverflowsOnceAndTakesNothingMore) {
  Outbox outbox;
  for (uint32_t i = 0; i < Outbox::kMostWaiting; ++i)
    EXPECT_NE(outbox.Push(Numbered(i)), Next::kOverflow);
  EXPECT_EQ(outbox.Push(Numbered(100)), Next::kOverflow);
  EXPECT_EQ(outbox.Push(Numbered(101)), Next::kNothing);
  for (uint32_t i = 0; i + 1 < Outbox::kMostWaiting; ++i) {
    EXPECT_EQ(outbox.front().samples().samples(0).index(), i);
    EXPECT_EQ(outbox.Written(), Next::kWrite);
  }
  EXPECT_EQ(outbox.Written(), Next::kNothing);
  EXPECT_EQ(outbox.Push(Numbered(102)), Next::kNothing);
}

}  // namespace
}  // namespace copycost
