#include "agent/fresh_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "agent/pipe.h"
#include "common/page_size.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::StatusIs;
using ::testing::HasSubstr;

TEST(FreshMemoryTest, FieldsShareNoCacheLine) {
  FreshMemory memory = *FreshMemory::Create(300, 3);
  std::set<uintptr_t> lines;
  for (int message = 0; message < 100; ++message) {
    ASSERT_OK(memory.Next());
    ASSERT_EQ(memory.fields().size(), 3u);
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(memory.fields()[i].size(), 100u);
      EXPECT_EQ(memory.iovecs()[i].iov_base, memory.fields()[i].data());
      EXPECT_EQ(memory.iovecs()[i].iov_len, 100u);
      const auto begin = reinterpret_cast<uintptr_t>(memory.fields()[i].data());
      EXPECT_EQ(begin % 64, 0u);
      for (uintptr_t line = begin / 64; line <= (begin + 99) / 64; ++line) {
        EXPECT_TRUE(lines.insert(line).second);
      }
    }
  }
}

// The kernel makes one piece of two that lie side by side in a page.
TEST(FreshMemoryTest, FieldsDoNotLieSideBySide) {
  FreshMemory memory = *FreshMemory::Create(2048, 2);
  for (int message = 0; message < 100; ++message) {
    ASSERT_OK(memory.Next());
    EXPECT_GT(memory.fields()[1].data(), memory.fields()[0].data() + 1024);
  }
}

TEST(FreshMemoryTest, RefusesAMessageThatCannotBeSplit) {
  EXPECT_THAT(FreshMemory::Create(1000, 3),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("workload.message_bytes")));
}

// A pipe that pages were lent to sees what they held, however often the memory has been used since.
TEST(FreshMemoryTest, WhoRefersToAnOldPageKeepsWhatIsInIt) {
  const uint64_t page = PageBytes();
  FreshMemory memory = *FreshMemory::Create(page, 1);
  ASSERT_OK(memory.Next());
  std::fill(memory.fields()[0].begin(), memory.fields()[0].end(), std::byte{77});
  const Pipe pipe = *Pipe::Create(page, 1);
  ASSERT_EQ(::vmsplice(pipe.write.get(), memory.iovecs().data(), 1, 0), static_cast<ssize_t>(page));
  const std::byte* first = memory.fields()[0].data();
  bool used_again = false;
  for (int message = 0; message < 3000; ++message) {
    ASSERT_OK(memory.Next());
    used_again = used_again || memory.fields()[0].data() == first;
    std::fill(memory.fields()[0].begin(), memory.fields()[0].end(), std::byte{1});
  }
  EXPECT_TRUE(used_again);
  std::vector<std::byte> lent(page);
  ASSERT_EQ(::read(pipe.read.get(), lent.data(), page), static_cast<ssize_t>(page));
  EXPECT_EQ(std::count(lent.begin(), lent.end(), std::byte{77}), static_cast<ptrdiff_t>(page));
}

TEST(FreshMemoryTest, AWorkingSetIsGoneThroughBeforeAnyPlaceIsUsedAgain) {
  FreshMemory memory = *FreshMemory::Create(PageBytes(), 1, {.working_set_bytes = 5 * PageBytes()});
  std::set<const std::byte*> places;
  for (int message = 0; message < 5; ++message) {
    ASSERT_OK(memory.Next());
    EXPECT_TRUE(places.insert(memory.fields()[0].data()).second);
  }
  for (int message = 0; message < 5; ++message) {
    ASSERT_OK(memory.Next());
    EXPECT_FALSE(places.insert(memory.fields()[0].data()).second);
  }
  v1::Workload applied;
  memory.Echo(applied);
  EXPECT_EQ(applied.working_set_bytes(), 5 * PageBytes());
}

TEST(FreshMemoryTest, WhatDoesNotChangeKeepsItsPages) {
  FreshMemory memory = *FreshMemory::Create(PageBytes(), 1, {.working_set_bytes = 3 * PageBytes()});
  ASSERT_OK(memory.Next());
  memory.fields()[0][0] = std::byte{77};
  const std::byte* const first = memory.fields()[0].data();
  for (int message = 0; message < 3; ++message) {
    memory.NextUnchanged();
    EXPECT_EQ(memory.fields()[0].data() == first, message == 2);
  }
  EXPECT_EQ(memory.fields()[0][0], std::byte{77});

  FreshMemory without = *FreshMemory::Create(PageBytes(), 1);
  ASSERT_OK(without.Next());
  const std::byte* const only = without.fields()[0].data();
  without.NextUnchanged();
  EXPECT_EQ(without.fields()[0].data(), only);
}

TEST(FreshMemoryTest, RefusesHugePages) {
  EXPECT_THAT(
      FreshMemory::Create(PageBytes(), 1, {.huge_pages = v1::HUGE_PAGES_TRANSPARENT}).status(),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("workload.huge_pages")));
}

TEST(FreshMemoryTest, AMessageLargerThanTheMemoryOfManyFits) {
  FreshMemory memory = *FreshMemory::Create(uint64_t{16} << 20, 1);
  for (int message = 0; message < 3; ++message) {
    ASSERT_OK(memory.Next());
    memory.fields()[0].back() = std::byte{5};
  }
}

}  // namespace
}  // namespace copycost
