#include "coordinator/experiment/ring_depth.h"

#include <gtest/gtest.h>

#include <optional>

#include "common/units.h"

namespace copycost {
namespace {

v1::Workload ZeroCopy(uint64_t message_bytes, uint32_t threads) {
  v1::Workload workload;
  workload.set_send_mode(v1::SEND_MODE_ZERO_COPY);
  workload.set_message_bytes(message_bytes);
  workload.set_threads(threads);
  workload.set_flows_per_thread(1);
  return workload;
}

TEST(RingDepthTest, KeepsTheDepthThatWasAskedFor) {
  v1::Workload workload = ZeroCopy(4096, 1);
  workload.set_ring_depth(7);
  EXPECT_EQ(ResolveRingDepth(workload, uint64_t{0}), 7u);
}

TEST(RingDepthTest, IsFourMebibytesOfBuffersFromTwoTo64) {
  EXPECT_EQ(ResolveRingDepth(ZeroCopy(1, 1), std::nullopt), 64u);
  EXPECT_EQ(ResolveRingDepth(ZeroCopy(64 << 10, 1), std::nullopt), 64u);
  EXPECT_EQ(ResolveRingDepth(ZeroCopy(1 * kMiB, 1), std::nullopt), 4u);
  EXPECT_EQ(ResolveRingDepth(ZeroCopy(64 * kMiB, 1), std::nullopt), 2u);
}

TEST(RingDepthTest, CountsTwoPagesMoreThanTheMessageForEachSend) {
  EXPECT_EQ(LockedBytes(ZeroCopy(1, 1), 1), 3u * 4096);
  EXPECT_EQ(LockedBytes(ZeroCopy(4096, 1), 1), 3u * 4096);
  EXPECT_EQ(LockedBytes(ZeroCopy(4097, 2), 3), 2u * 3 * 4 * 4096);
}

TEST(RingDepthTest, WhereRequestsAreAnsweredBothEndsPin) {
  v1::Workload workload = ZeroCopy(64 << 10, 1);
  workload.set_pattern(v1::PATTERN_RR);
  workload.set_response_bytes(4096);
  EXPECT_EQ(LockedBytes(workload, 1), uint64_t{72 + 12} << 10);
  EXPECT_EQ(ResolveRingDepth(workload, uint64_t{840} << 10), 10u);
  // The larger of the two makes the ring.
  workload.set_response_bytes(kMiB);
  EXPECT_EQ(ResolveRingDepth(workload, std::nullopt), 4u);
}

TEST(RingDepthTest, SharesTheBudgetAmongTheThreads) {
  // 64 KiB and two pages: 72 KiB a buffer.
  EXPECT_EQ(ResolveRingDepth(ZeroCopy(64 << 10, 1), 8 * kMiB), 64u);
  EXPECT_EQ(ResolveRingDepth(ZeroCopy(64 << 10, 8), 8 * kMiB), 14u);
}

TEST(RingDepthTest, FlowsOfOneThreadShareTheBudgetAsFlowsOfManyDo) {
  v1::Workload shared = ZeroCopy(64 << 10, 2);
  shared.set_flows_per_thread(4);
  EXPECT_EQ(LockedBytes(shared, 3), LockedBytes(ZeroCopy(64 << 10, 8), 3));
  EXPECT_EQ(ResolveRingDepth(shared, 8 * kMiB), 14u);
}

TEST(RingDepthTest, NeverAsksForMoreThanTheBudgetWhereTwoBuffersFit) {
  for (uint64_t size : {uint64_t{1}, uint64_t{1000}, uint64_t{65536}, 1 * kMiB}) {
    for (uint32_t threads = 1; threads <= 256; threads *= 2) {
      const v1::Workload workload = ZeroCopy(size, threads);
      for (uint64_t budget = LockedBytes(workload, 2); budget < 512 * kMiB; budget *= 3) {
        const uint32_t depth = ResolveRingDepth(workload, budget);
        EXPECT_GE(depth, 2u);
        EXPECT_LE(LockedBytes(workload, depth), budget);
      }
    }
  }
}

TEST(RingDepthTest, AModeThatPinsNothingHasNoRingToResolve) {
  v1::Workload workload = ZeroCopy(4096, 8);
  workload.set_send_mode(v1::SEND_MODE_TWO_COPY);
  EXPECT_EQ(ResolveRingDepth(workload, uint64_t{0}), 0u);
}

TEST(RingDepthTest, ARingIsNoLargerThanTheWorkingSet) {
  v1::Workload workload = ZeroCopy(64 << 10, 1);
  workload.set_working_set_bytes(5 * (64 << 10));
  EXPECT_EQ(ResolveRingDepth(workload, std::nullopt), 5u);
  EXPECT_EQ(LeastRingDepth(workload), 2u);
  workload.set_working_set_bytes(64 << 10);
  EXPECT_EQ(ResolveRingDepth(workload, std::nullopt), 1u);
  EXPECT_EQ(LeastRingDepth(workload), 1u);
  workload.set_working_set_bytes(512 * kMiB);
  EXPECT_EQ(ResolveRingDepth(workload, std::nullopt), 64u);
}

TEST(RingDepthTest, OnlyAModeThatRegistersItsBuffersLocksTheWholeWorkingSet) {
  v1::Workload workload = ZeroCopy(64 << 10, 1);
  workload.set_working_set_bytes(100 * (64 << 10));
  EXPECT_EQ(LockedBytes(workload, 2), uint64_t{2 * 72} << 10);
  workload.set_send_mode(v1::SEND_MODE_URING_ZERO_COPY_FIXED);
  EXPECT_EQ(LockedBytes(workload, 2), uint64_t{100 * 72} << 10);
}

}  // namespace
}  // namespace copycost
