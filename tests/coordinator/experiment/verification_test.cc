#include "coordinator/experiment/verification.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/units.h"
#include "coordinator/experiment/ring_depth.h"
#include "tests/testing/record_builder.h"

namespace copycost {
namespace {

v1::Workload Measured(v1::SendMode mode, uint64_t message_bytes, uint32_t threads) {
  v1::Workload workload;
  workload.set_transport(v1::TRANSPORT_TCP);
  workload.set_send_mode(mode);
  workload.set_message_bytes(message_bytes);
  workload.set_threads(threads);
  workload.set_flows_per_thread(1);
  workload.set_touch(v1::TOUCH_NONE);
  workload.set_window_ns(1);
  workload.set_warmup_ns(1);
  return workload;
}

uint64_t TotalBytes(const v1::Workload& workload) {
  return workload.messages_per_flow() * workload.message_bytes() * workload.threads() *
         workload.flows_per_thread();
}

TEST(VerificationTest, ChecksTheSmallestAndTheLargestSizeWithTheFewestThreads) {
  const auto workloads = VerificationsOf(
      {Measured(v1::SEND_MODE_TWO_COPY, 4096, 4), Measured(v1::SEND_MODE_TWO_COPY, 1024, 2),
       Measured(v1::SEND_MODE_TWO_COPY, 65536, 2), Measured(v1::SEND_MODE_TWO_COPY, 65536, 1)});
  ASSERT_EQ(workloads.size(), 2u);
  EXPECT_EQ(workloads[0].message_bytes(), 1024u);
  EXPECT_EQ(workloads[0].threads(), 2u);
  EXPECT_EQ(workloads[1].message_bytes(), 65536u);
  EXPECT_EQ(workloads[1].threads(), 1u);
  EXPECT_GE(TotalBytes(workloads[0]), 16 * kMiB);
  EXPECT_GE(TotalBytes(workloads[1]), 48 * kMiB);
}

// Else a path of which one MTU is refused would not be measured at all.
TEST(VerificationTest, LeavesTheLinkAsItIs) {
  v1::Workload measured = Measured(v1::SEND_MODE_TWO_COPY, 4096, 1);
  measured.set_mtu(9000);
  EXPECT_EQ(VerificationsOf({measured}).at(0).mtu(), 0u);
}

// What is mapped depends on it.
TEST(VerificationTest, MappedPagesAreVerifiedAtTheMtuTheyAreMeasuredAt) {
  v1::Workload found = Measured(v1::SEND_MODE_TWO_COPY, 4096, 1);
  found.set_receive_mode(v1::RECEIVE_MODE_MAPPED);
  v1::Workload mappable = found;
  mappable.set_mtu(4148);
  const auto workloads = VerificationsOf({found, mappable});
  ASSERT_EQ(workloads.size(), 2u);
  EXPECT_EQ(workloads[0].mtu(), 0u);
  EXPECT_EQ(workloads[1].mtu(), 4148u);
}

TEST(VerificationTest, TinyMessagesLeaveMostBytesToTheLargeOnes) {
  const auto workloads = VerificationsOf(
      {Measured(v1::SEND_MODE_TWO_COPY, 1, 1), Measured(v1::SEND_MODE_TWO_COPY, 4096, 1)});
  ASSERT_EQ(workloads.size(), 2u);
  EXPECT_EQ(workloads[0].messages_per_flow(), uint64_t{1} << 18);
  EXPECT_GE(TotalBytes(workloads[0]) + TotalBytes(workloads[1]), 64 * kMiB);
  v1::Workload small = Measured(v1::SEND_MODE_ZERO_COPY, 512, 1);
  small.set_fields(64);
  v1::Workload large = small;
  large.set_message_bytes(kMiB);
  const auto pinned = VerificationsOf({small, large});
  ASSERT_EQ(pinned.size(), 2u);
  EXPECT_EQ(TotalBytes(pinned[0]), 2 * kMiB);
  EXPECT_EQ(TotalBytes(pinned[1]), 62 * kMiB);
}

TEST(VerificationTest, IsEstimatedByItsMessagesAndItsBytes) {
  // A quarter of a Mi messages of a byte; 64 messages of a MiB.
  const auto tiny = VerificationsOf({Measured(v1::SEND_MODE_TWO_COPY, 1, 1)});
  EXPECT_EQ(tiny[0].messages_per_flow(), uint64_t{1} << 18);
  EXPECT_GT(EstimateTraffic(tiny[0]), absl::Milliseconds(250));
  const auto large = VerificationsOf({Measured(v1::SEND_MODE_TWO_COPY, 1 * kMiB, 1)});
  EXPECT_GT(EstimateTraffic(large[0]), absl::Milliseconds(200));
  EXPECT_LT(EstimateTraffic(large[0]), absl::Milliseconds(400));
  // The threads share the messages.
  const auto threads = VerificationsOf({Measured(v1::SEND_MODE_TWO_COPY, 1, 4)});
  EXPECT_EQ(EstimateTraffic(threads[0]), EstimateTraffic(tiny[0]));
}

TEST(VerificationTest, ManyFieldsThatArePinnedTakeTheirTimeToo) {
  v1::Workload measured = Measured(v1::SEND_MODE_ZERO_COPY, 64, 4);
  measured.set_fields(64);
  const auto workloads = VerificationsOf({measured});
  EXPECT_EQ(workloads[0].messages_per_flow() * 4 * 64, uint64_t{1} << 18);
  EXPECT_GT(EstimateTraffic(workloads[0]), absl::Seconds(1));
  measured.set_send_mode(v1::SEND_MODE_TWO_COPY);
  EXPECT_GT(VerificationsOf({measured})[0].messages_per_flow(), workloads[0].messages_per_flow());
  measured.set_ring_depth(65536);
  EXPECT_GT(VerificationsOf({measured})[0].messages_per_flow(), 2 * 65536u);
}

// Writing a buffer anew before its completion would else go unseen.
TEST(VerificationTest, RingsOfWhichTheDepthIsNotAskedForAreGoneRoundTwice) {
  v1::Workload many_fields = Measured(v1::SEND_MODE_ZERO_COPY, 4096, 8);
  many_fields.set_fields(1024);
  v1::Workload many_flows = Measured(v1::SEND_MODE_ZERO_COPY, 65536, 16);
  for (const v1::Workload& measured : {many_fields, many_flows}) {
    ASSERT_EQ(measured.ring_depth(), 0u);
    const uint32_t deepest = ResolveRingDepth(measured, std::nullopt);
    EXPECT_EQ(deepest, 64u);
    EXPECT_GT(VerificationsOf({measured})[0].messages_per_flow(), 2 * deepest);
  }
}

TEST(VerificationTest, FieldsThatArePinnedAreThoseOfBothDirections) {
  v1::Workload measured = Measured(v1::SEND_MODE_ZERO_COPY, 1024, 1);
  measured.set_fields(64);
  measured.set_pattern(v1::PATTERN_RR);
  measured.set_response_bytes(1024);
  const v1::Workload exchanges = VerificationsOf({measured})[0];
  EXPECT_EQ(exchanges.messages_per_flow() * 2 * 64, uint64_t{1} << 18);
  v1::Workload stream = exchanges;
  stream.set_pattern(v1::PATTERN_STREAM);
  stream.clear_response_bytes();
  EXPECT_GT(EstimateTraffic(exchanges), 1.9 * EstimateTraffic(stream));
}

TEST(VerificationTest, ChecksAnOnlySizeOnceWithAllBytes) {
  const auto workloads = VerificationsOf(
      {Measured(v1::SEND_MODE_TWO_COPY, 1000, 3), Measured(v1::SEND_MODE_TWO_COPY, 1000, 4)});
  ASSERT_EQ(workloads.size(), 1u);
  EXPECT_GE(TotalBytes(workloads[0]), 64 * kMiB);
}

// An exchange takes a round trip however small it is.
TEST(VerificationTest, ExchangesAreFewerAndTakeNoLongerThanSeconds) {
  for (const v1::Pattern pattern : {v1::PATTERN_RR, v1::PATTERN_PACED}) {
    std::vector<v1::Workload> measured;
    for (const uint64_t bytes : {uint64_t{1}, uint64_t{1024}, 1 * kMiB}) {
      measured.push_back(Measured(v1::SEND_MODE_TWO_COPY, bytes, 2));
      measured.back().set_pattern(pattern);
      measured.back().set_response_bytes(bytes);
      if (pattern == v1::PATTERN_PACED) measured.back().set_rate(1);
    }
    const auto workloads = VerificationsOf(measured);
    ASSERT_EQ(workloads.size(), 2u);
    EXPECT_EQ(workloads[0].messages_per_flow(), 4096u);
    EXPECT_LE(workloads[1].messages_per_flow(), 32u);
    for (const v1::Workload& workload : workloads) {
      EXPECT_LT(EstimateTraffic(workload), absl::Seconds(2));
      EXPECT_EQ(workload.pattern(), pattern);
      // Nothing is waited for.
      EXPECT_EQ(workload.rate() > 0, pattern == v1::PATTERN_PACED);
      EXPECT_NE(workload.rate(), 1u);
    }
  }
}

TEST(VerificationTest, TheLargestExchangeIsThatOfRequestAndResponse) {
  v1::Workload question = Measured(v1::SEND_MODE_TWO_COPY, 64, 1);
  question.set_pattern(v1::PATTERN_RR);
  question.set_response_bytes(kMiB);
  v1::Workload even = Measured(v1::SEND_MODE_TWO_COPY, 4096, 1);
  even.set_pattern(v1::PATTERN_RR);
  even.set_response_bytes(4096);
  const auto workloads = VerificationsOf({question, even});
  ASSERT_EQ(workloads.size(), 2u);
  EXPECT_EQ(workloads[0].response_bytes(), 4096u);
  EXPECT_EQ(workloads[1].response_bytes(), kMiB);
}

TEST(VerificationTest, CountsMessagesInsteadOfTimeAndChecksEveryByte) {
  const auto workloads = VerificationsOf({Measured(v1::SEND_MODE_TWO_COPY, 64 * kMiB, 8)});
  ASSERT_EQ(workloads.size(), 1u);
  EXPECT_EQ(workloads[0].messages_per_flow(), 3u);
  EXPECT_EQ(workloads[0].touch(), v1::TOUCH_VERIFY);
  EXPECT_EQ(workloads[0].read(), v1::READ_VERIFY);
  EXPECT_EQ(workloads[0].window_ns(), 0);
  EXPECT_EQ(workloads[0].warmup_ns(), 0);
}

TEST(VerificationTest, TakesEachPathOnceInOrderOfAppearance) {
  v1::Workload six = Measured(v1::SEND_MODE_TWO_COPY, 4096, 1);
  six.set_ip_version(v1::IP_VERSION_6);
  v1::Workload touched = Measured(v1::SEND_MODE_ZERO_COPY, 4096, 1);
  touched.set_touch(v1::TOUCH_FIELDS);  // not a path of its own
  const auto workloads = VerificationsOf({Measured(v1::SEND_MODE_ZERO_COPY, 4096, 1), six, touched,
                                          Measured(v1::SEND_MODE_TWO_COPY, 4096, 1)});
  ASSERT_EQ(workloads.size(), 3u);
  EXPECT_EQ(workloads[0].send_mode(), v1::SEND_MODE_ZERO_COPY);
  EXPECT_EQ(workloads[1].ip_version(), v1::IP_VERSION_6);
  EXPECT_EQ(workloads[2].send_mode(), v1::SEND_MODE_TWO_COPY);
}

// What a host may refuse one cell must not keep the others from being measured.
TEST(VerificationTest, SocketsAreAsTheKernelHasThem) {
  v1::Workload measured = testing::WorkloadOf(v1::SEND_MODE_ONE_COPY);
  measured.set_send_buffer_bytes(65536);
  measured.set_receive_buffer_bytes(65536);
  measured.set_mss_bytes(500);
  measured.set_busy_poll_us(50);
  measured.set_placement(v1::PLACEMENT_SAME_CPU);
  const std::vector<v1::Workload> verifications = VerificationsOf({measured});
  ASSERT_EQ(verifications.size(), 1u);
  EXPECT_EQ(verifications[0].send_buffer_bytes(), 0u);
  EXPECT_EQ(verifications[0].receive_buffer_bytes(), 0u);
  EXPECT_EQ(verifications[0].mss_bytes(), 0u);
  EXPECT_EQ(verifications[0].busy_poll_us(), 0u);
  EXPECT_EQ(verifications[0].nodelay(), v1::NODELAY_OFF);
  EXPECT_EQ(verifications[0].placement(), v1::PLACEMENT_SPREAD);
}

TEST(VerificationTest, PagesOfAnotherKindAreAPathOfTheirOwn) {
  const v1::Workload small = Measured(v1::SEND_MODE_ONE_COPY, kMiB, 1);
  v1::Workload huge = small;
  huge.set_huge_pages(v1::HUGE_PAGES_RESERVED);
  const std::vector<v1::Workload> verifications = VerificationsOf({small, huge});
  ASSERT_EQ(verifications.size(), 2u);
  EXPECT_EQ(verifications[1].huge_pages(), v1::HUGE_PAGES_RESERVED);
}

// Datagrams that fill a message evenly are not joined, which is another way to take them; and they
// need the MTU they were asked for.
TEST(VerificationTest, DatagramsOfASizeThatWasAskedForAreCutLikeThat) {
  v1::Workload as_it_fits = Measured(v1::SEND_MODE_ONE_COPY, 8192, 1);
  as_it_fits.set_transport(v1::TRANSPORT_UDP);
  as_it_fits.set_mtu(9000);
  v1::Workload even = as_it_fits;
  even.set_mss_bytes(4096);
  const std::vector<v1::Workload> verifications = VerificationsOf({as_it_fits, even});
  ASSERT_EQ(verifications.size(), 2u);
  EXPECT_EQ(verifications[0].mss_bytes(), 0u);
  EXPECT_EQ(verifications[0].mtu(), 0u);
  EXPECT_EQ(verifications[1].mss_bytes(), 4096u);
  EXPECT_EQ(verifications[1].mtu(), 9000u);
}

TEST(VerificationTest, DatagramsAreFewerSinceEachIsWaitedFor) {
  v1::Workload measured = Measured(v1::SEND_MODE_ONE_COPY, 1, 2);
  measured.set_transport(v1::TRANSPORT_UDP);
  const std::vector<v1::Workload> verifications = VerificationsOf({measured});
  ASSERT_EQ(verifications.size(), 1u);
  EXPECT_EQ(verifications[0].messages_per_flow(), 32768u);
  EXPECT_LT(EstimateTraffic(verifications[0]), absl::Seconds(2));
}

// Their threads wait in another way.
TEST(VerificationTest, SeveralFlowsOfAThreadAreAPathOfTheirOwnAndShareTheMessages) {
  const v1::Workload alone = Measured(v1::SEND_MODE_ONE_COPY, kMiB, 2);
  v1::Workload four = alone;
  four.set_flows_per_thread(4);
  v1::Workload sixteen = alone;
  sixteen.set_flows_per_thread(16);
  const std::vector<v1::Workload> verifications = VerificationsOf({alone, sixteen, four});
  ASSERT_EQ(verifications.size(), 2u);
  EXPECT_EQ(verifications[0].flows_per_thread(), 1u);
  EXPECT_EQ(verifications[1].flows_per_thread(), 4u) << "the fewest flows";
  for (const v1::Workload& workload : verifications) EXPECT_EQ(TotalBytes(workload), 64 * kMiB);
  EXPECT_EQ(EstimateTraffic(verifications[0]), EstimateTraffic(verifications[1]));
}

TEST(VerificationTest, AWorkingSetIsAPathOfItsOwnAndIsGoneRound) {
  const v1::Workload plain = Measured(v1::SEND_MODE_ONE_COPY, kMiB, 1);
  v1::Workload working = plain;
  working.set_working_set_bytes(1000 * kMiB);
  const std::vector<v1::Workload> verifications = VerificationsOf({plain, working});
  ASSERT_EQ(verifications.size(), 2u);
  EXPECT_EQ(verifications[0].working_set_bytes(), 0u);
  EXPECT_EQ(verifications[1].working_set_bytes(), 1000 * kMiB);
  EXPECT_GT(verifications[1].messages_per_flow(), 1000u);
}

}  // namespace
}  // namespace copycost
