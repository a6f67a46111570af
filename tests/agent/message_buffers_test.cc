#include "agent/message_buffers.h"

#include <cstdint>
#include <set>

#include "common/page_size.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::StatusIs;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Ne;

TEST(MessageBuffersTest, HasTheShapeItWasAskedFor) {
  const auto buffers = MessageBuffers::Create(3, 1200, 4);
  ASSERT_OK(buffers);
  EXPECT_EQ(buffers->count(), 3u);
  EXPECT_EQ(buffers->fields(), 4u);
  EXPECT_EQ(buffers->message_bytes(), 1200u);
  for (uint32_t slot = 0; slot < 3; ++slot) {
    ASSERT_EQ(buffers->Fields(slot).size(), 4u);
    for (const absl::Span<std::byte> field : buffers->Fields(slot)) EXPECT_EQ(field.size(), 300u);
  }
}

TEST(MessageBuffersTest, NoTwoFieldsShareACacheLine) {
  const auto buffers = MessageBuffers::Create(4, 33 * 8, 8);
  ASSERT_OK(buffers);
  std::set<uintptr_t> lines;
  for (uint32_t slot = 0; slot < 4; ++slot) {
    for (const absl::Span<std::byte> field : buffers->Fields(slot)) {
      const auto begin = reinterpret_cast<uintptr_t>(field.data());
      EXPECT_EQ(begin % 64, 0u);
      for (uintptr_t line = begin / 64; line <= (begin + field.size() - 1) / 64; ++line) {
        EXPECT_TRUE(lines.insert(line).second);
      }
    }
  }
}

TEST(MessageBuffersTest, FieldsOfAPageOrMoreBeginOnAPage) {
  const auto buffers = MessageBuffers::Create(3, 2 * (PageBytes() + 8), 2);
  ASSERT_OK(buffers);
  for (uint32_t slot = 0; slot < 3; ++slot) {
    for (const absl::Span<std::byte> field : buffers->Fields(slot)) {
      EXPECT_EQ(reinterpret_cast<uintptr_t>(field.data()) % PageBytes(), 0u);
    }
  }
}

// A page that was never written is the zero page; sending it proves nothing (METHOD.md, pitfall
// 11).
TEST(MessageBuffersTest, EveryByteHasBeenWrittenOnce) {
  const auto buffers = MessageBuffers::Create(2, 3 * 5000, 3);
  ASSERT_OK(buffers);
  for (uint32_t slot = 0; slot < 2; ++slot) {
    for (const absl::Span<std::byte> field : buffers->Fields(slot)) {
      EXPECT_THAT(field, Each(Ne(std::byte{0})));
    }
  }
}

TEST(MessageBuffersTest, TheIovecsAreTheFieldsInTheirOrder) {
  const auto buffers = MessageBuffers::Create(2, 64, 4);
  ASSERT_OK(buffers);
  for (uint32_t slot = 0; slot < 2; ++slot) {
    ASSERT_EQ(buffers->Iovecs(slot).size(), 4u);
    for (size_t i = 0; i < 4; ++i) {
      EXPECT_EQ(buffers->Iovecs(slot)[i].iov_base, buffers->Fields(slot)[i].data());
      EXPECT_EQ(buffers->Iovecs(slot)[i].iov_len, buffers->Fields(slot)[i].size());
    }
  }
}

TEST(MessageBuffersTest, SmallFieldsTakeMoreMemoryThanTheyHold) {
  EXPECT_EQ(MessageBuffers::MemoryOf(1024, 1024), 1024u * 128);
  EXPECT_EQ(MessageBuffers::MemoryOf(1 << 20, 1), (1u << 20) + PageBytes());
  EXPECT_EQ(MessageBuffers::MemoryOf(uint64_t{64} << 20, 1024),
            (uint64_t{64} << 20) + 1024 * PageBytes());
}

TEST(MessageBuffersTest, HoldTheWorkingSetAndAtLeastWhatTheModeNeeds) {
  const auto count = [](uint32_t least, uint64_t working_set) {
    return MessageBuffers::Create(least, 1000, 2, MessageBuffers::Layout::kSeparate,
                                  {.working_set_bytes = working_set})
        ->count();
  };
  EXPECT_EQ(count(1, 0), 1u);
  EXPECT_EQ(count(1, 7000), 7u);
  EXPECT_EQ(count(16, 7000), 16u);
}

TEST(MessageBuffersTest, SlotsGoInACircle) {
  const auto buffers = MessageBuffers::Create(3, 64, 1);
  ASSERT_OK(buffers);
  EXPECT_EQ(buffers->After(0), 1u);
  EXPECT_EQ(buffers->After(1), 2u);
  EXPECT_EQ(buffers->After(2), 0u);
}

TEST(MessageBuffersTest, FieldsHaveTheAlignmentAskedForAndNoBetter) {
  for (const auto layout : {MessageBuffers::Layout::kSeparate, MessageBuffers::Layout::kTogether}) {
    for (uint32_t alignment = 1; alignment <= 4096; alignment *= 2) {
      const auto buffers =
          MessageBuffers::Create(3, 600, 2, layout, {.alignment_bytes = alignment});
      ASSERT_OK(buffers);
      for (uint32_t slot = 0; slot < 3; ++slot) {
        for (const iovec& part : buffers->Iovecs(slot)) {
          EXPECT_EQ(reinterpret_cast<uintptr_t>(part.iov_base) % (2 * alignment), alignment);
        }
      }
      v1::Workload applied;
      buffers->Echo(applied);
      EXPECT_EQ(applied.alignment_bytes(), alignment);
    }
  }
}

TEST(MessageBuffersTest, EchoWhatWasAskedForAndNothingElse) {
  v1::Workload applied;
  MessageBuffers::Create(4, 600, 2)->Echo(applied);
  EXPECT_EQ(applied.message_bytes(), 600u);
  EXPECT_EQ(applied.huge_pages(), v1::HUGE_PAGES_NONE);
  EXPECT_EQ(applied.working_set_bytes(), 0u);
  EXPECT_EQ(applied.alignment_bytes(), 0u);
  // The ring needs more than was asked for: the echo does not hide it.
  MessageBuffers::Create(4, 600, 2, MessageBuffers::Layout::kSeparate, {.working_set_bytes = 1200})
      ->Echo(applied);
  EXPECT_EQ(applied.working_set_bytes(), 2400u);
}

TEST(MessageBuffersTest, RefusesShapesThatCannotBe) {
  const auto refused =
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("workload.message_bytes"));
  EXPECT_THAT(MessageBuffers::Create(1, 100, 3), refused);
  EXPECT_THAT(MessageBuffers::Create(1, 4, 8), refused);
  EXPECT_THAT(MessageBuffers::Create(1, 0, 1), refused);
  EXPECT_THAT(MessageBuffers::Create(1, 100, 0), refused);
  EXPECT_THAT(MessageBuffers::Create(0, 100, 1), refused);
}

}  // namespace
}  // namespace copycost
