#include "agent/measure/sample_ring.h"

#include <gmock/gmock.h>
#include <linux/perf_event.h>

#include <array>
#include <cstring>

namespace copycost {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr uint64_t kKernel = PERF_CONTEXT_KERNEL;
constexpr uint64_t kUser = PERF_CONTEXT_USER;

// The kernel's side of a ring of 256 bytes.
class SampleRingTest : public ::testing::Test {
 protected:
  void Write(uint32_t type, const std::vector<uint64_t>& words) {
    WriteHeader({.type = type,
                 .misc = 0,
                 .size = static_cast<uint16_t>(sizeof(perf_event_header) + 8 * words.size())});
    for (const uint64_t word : words) Put(&word, sizeof(word));
  }
  void WriteHeader(const perf_event_header& header) { Put(&header, sizeof(header)); }

  void WriteSample(uint32_t process, uint32_t thread, uint64_t weight,
                   const std::vector<uint64_t>& chain) {
    std::vector<uint64_t> words = {process | uint64_t{thread} << 32, weight, chain.size()};
    words.insert(words.end(), chain.begin(), chain.end());
    Write(PERF_RECORD_SAMPLE, words);
  }

  std::vector<CpuSample> Read() {
    std::vector<CpuSample> samples;
    ring_.Read([&](const CpuSample& sample) { samples.push_back(sample); });
    return samples;
  }

  void Put(const void* from, size_t size) {
    for (size_t i = 0; i < size; ++i) {
      data_[(page_.data_head + i) % data_.size()] = static_cast<const std::byte*>(from)[i];
    }
    page_.data_head += size;
  }

  perf_event_mmap_page page_{};
  std::array<std::byte, 256> data_{};
  SampleRing ring_{&page_, absl::MakeSpan(data_)};
};

TEST_F(SampleRingTest, AChainIsTheKernelsPartAndTheUsers) {
  WriteSample(7, 8, 5'025'125, {kKernel, 1, 2, kUser, 3, 4});
  const auto samples = Read();
  ASSERT_EQ(samples.size(), 1u);
  EXPECT_EQ(samples[0].process, 7);
  EXPECT_EQ(samples[0].thread, 8);
  EXPECT_EQ(samples[0].weight, 5'025'125u);
  EXPECT_THAT(samples[0].kernel, ElementsAre(1, 2));
  EXPECT_THAT(samples[0].user, ElementsAre(3, 4));
  EXPECT_THAT(Read(), IsEmpty());
}

TEST_F(SampleRingTest, GuestsAndWhatIsNotSaidToBeAnythingAreLeftOut) {
  WriteSample(1, 1, 1, {9, kUser, 3, static_cast<uint64_t>(PERF_CONTEXT_GUEST), 8, kKernel, 5});
  const auto samples = Read();
  EXPECT_THAT(samples[0].kernel, ElementsAre(5));
  EXPECT_THAT(samples[0].user, ElementsAre(3));
}

// Every place where the ring's end may cut a record.
TEST_F(SampleRingTest, RecordsGoOnAtTheRingsBeginning) {
  for (uint64_t turn = 0; turn < 100; ++turn) {
    WriteSample(1, 2, turn, {kKernel, turn, turn + 1});
    const auto samples = Read();
    ASSERT_EQ(samples.size(), 1u);
    EXPECT_EQ(samples[0].weight, turn);
    EXPECT_THAT(samples[0].kernel, ElementsAre(turn, turn + 1));
    EXPECT_EQ(page_.data_tail, page_.data_head);
  }
  EXPECT_EQ(ring_.lost(), 0u);
}

TEST_F(SampleRingTest, WhatTheKernelHadNoRoomForIsCounted) {
  Write(PERF_RECORD_LOST, {17, 40});
  Write(PERF_RECORD_THROTTLE, {1, 2, 3});
  WriteSample(1, 1, 1, {kUser, 3});
  Write(PERF_RECORD_LOST, {17, 2});
  EXPECT_EQ(Read().size(), 1u);
  EXPECT_EQ(ring_.lost(), 42u);
}

TEST_F(SampleRingTest, WhatIsMalformedIsLostAndReadNoFurther) {
  Write(PERF_RECORD_SAMPLE, {1, 1, 3, kUser});  // of a chain of 3
  EXPECT_THAT(Read(), IsEmpty());
  EXPECT_EQ(ring_.lost(), 1u);
  Write(PERF_RECORD_SAMPLE, {1});
  EXPECT_THAT(Read(), IsEmpty());
  EXPECT_EQ(ring_.lost(), 2u);
  WriteHeader({.type = PERF_RECORD_SAMPLE, .misc = 0, .size = 0});
  WriteSample(1, 1, 1, {kUser, 3});
  EXPECT_THAT(Read(), IsEmpty());
  EXPECT_EQ(ring_.lost(), 3u);
  EXPECT_EQ(page_.data_tail, page_.data_head);
  WriteSample(1, 1, 1, {kUser, 3});
  EXPECT_EQ(Read().size(), 1u);
}

}  // namespace
}  // namespace copycost
