#include "agent/page_memory.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>

#include "common/page_size.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::StatusIs;
using ::testing::HasSubstr;

// What /proc/self/smaps says under `name` of the mapping that has `data` in it, in bytes.
uint64_t Mapped(const std::byte* data, const std::string& name) {
  const auto address = reinterpret_cast<uintptr_t>(data);
  std::ifstream file("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    unsigned long begin = 0;
    unsigned long end = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2) {
      inside = begin <= address && address < end;
    } else if (inside && line.rfind(name + ":", 0) == 0) {
      return std::stoull(line.substr(name.size() + 1)) << 10;
    }
  }
  return 0;
}

TEST(PageMemoryTest, IsWholePagesOfZeroes) {
  const auto memory = PageMemory::Map(PageBytes() + 1, v1::HUGE_PAGES_NONE);
  ASSERT_OK(memory);
  EXPECT_EQ(memory->bytes(), 2 * PageBytes());
  EXPECT_EQ(std::count(memory->data(), memory->data() + memory->bytes(), std::byte{0}),
            static_cast<ptrdiff_t>(memory->bytes()));
}

TEST(PageMemoryTest, SmallPagesAreSmallHoweverManyThereAre) {
  const auto memory = PageMemory::Map(uint64_t{16} << 20, v1::HUGE_PAGES_NONE);
  ASSERT_OK(memory);
  std::fill(memory->data(), memory->data() + memory->bytes(), std::byte{1});
  EXPECT_EQ(Mapped(memory->data(), "AnonHugePages"), 0u);
}

class HugePagesTest : public ::testing::TestWithParam<v1::HugePages> {
 protected:
  void SetUp() override {
    const absl::Status tried = TryHugePage(GetParam());
    if (!tried.ok()) GTEST_SKIP() << tried.message();
  }
};

TEST_P(HugePagesTest, AreWhatTheKernelSaysTheyAre) {
  const auto memory = PageMemory::Map(1, GetParam());
  ASSERT_OK(memory);
  EXPECT_EQ(memory->huge_pages(), GetParam());
  EXPECT_GT(memory->bytes(), PageBytes());
  std::fill(memory->data(), memory->data() + memory->bytes(), std::byte{1});
  if (GetParam() == v1::HUGE_PAGES_TRANSPARENT) {
    EXPECT_EQ(Mapped(memory->data(), "AnonHugePages"), memory->bytes());
  } else {
    EXPECT_EQ(Mapped(memory->data(), "KernelPageSize"), memory->bytes());
  }
}

INSTANTIATE_TEST_SUITE_P(PageMemoryTest, HugePagesTest,
                         ::testing::Values(v1::HUGE_PAGES_TRANSPARENT, v1::HUGE_PAGES_RESERVED),
                         [](const auto& info) { return v1::HugePages_Name(info.param); });

TEST(PageMemoryTest, WhatTheKernelDoesNotGiveIsToldWithWhatWould) {
  const absl::Status tried = TryHugePage(v1::HUGE_PAGES_RESERVED);
  if (tried.ok()) GTEST_SKIP() << "this host has reserved huge pages";
  EXPECT_THAT(tried, StatusIs(absl::StatusCode::kFailedPrecondition,
                              ::testing::AnyOf(HasSubstr("vm.nr_hugepages"),
                                               HasSubstr("CONFIG_HUGETLBFS"))));
}

TEST(PageMemoryTest, MoreThanThereIsIsNotHad) {
  EXPECT_FALSE(PageMemory::Map(uint64_t{1} << 46, v1::HUGE_PAGES_NONE).ok());
}

TEST(PageMemoryTest, RefusesAKindThatItDoesNotKnow) {
  EXPECT_THAT(PageMemory::Map(1, v1::HUGE_PAGES_UNSPECIFIED),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("workload.huge_pages")));
}

}  // namespace
}  // namespace copycost
