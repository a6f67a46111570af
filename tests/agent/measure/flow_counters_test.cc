#include "agent/measure/flow_counters.h"

#include <gtest/gtest.h>

namespace copycost {
namespace {

TEST(FlowCountersTest, OneMessageIn61IsTimedWhileItIsCopied) {
  FlowCounters counters;
  int made = 0;
  for (int i = 0; i < 61 * 3; ++i) counters.CopyMessage(4, [&] { ++made; });
  EXPECT_EQ(made, 61 * 3);
  EXPECT_EQ(counters.timed_copies.Get(), 4u * 3);
  counters.CopyMessage(4, [&] { ++made; });
  EXPECT_EQ(counters.timed_copies.Get(), 4u * 4);
}

}  // namespace
}  // namespace copycost
