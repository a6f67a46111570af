#include "agent/measure/punctuality.h"

#include <sched.h>

#include <thread>

#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

TEST(PunctualityTest, WhatIsGrantedIsNotInherited) {
  absl::Status taken;
  int own = -1;
  int inherited = -1;
  std::thread([&] {
    taken = TakeRealTimePriority();
    own = ::sched_getscheduler(0);
    std::thread([&] { inherited = ::sched_getscheduler(0); }).join();
  }).join();
  if (!taken.ok()) GTEST_SKIP() << taken;
  EXPECT_EQ(own & ~SCHED_RESET_ON_FORK, SCHED_FIFO);
  EXPECT_EQ(inherited & ~SCHED_RESET_ON_FORK, SCHED_OTHER);
}

TEST(PunctualityTest, ASliceLeavesAnOrdinaryThread) {
  absl::Status taken;
  int own = -1;
  std::thread([&] {
    taken = TakeShortSlice();
    own = ::sched_getscheduler(0);
  }).join();
  EXPECT_EQ(own & ~SCHED_RESET_ON_FORK, SCHED_OTHER);
  if (!taken.ok()) GTEST_SKIP() << taken;
}

}  // namespace
}  // namespace copycost
