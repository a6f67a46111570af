#include "agent/reserved_range.h"

#include <sys/mman.h>

#include <cerrno>

#include "common/page_size.h"
#include "common/units.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

TEST(ReservedRangeTest, ItsTablesHoldNothingElse) {
  const uint64_t table = PageTableBytes();
  for (const uint64_t bytes : {PageBytes(), uint64_t{512} << 10, table, table + PageBytes()}) {
    absl::StatusOr<ReservedRange> range = ReservedRange::Create(bytes);
    ASSERT_OK(range);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(range->address()) % table, 0u);
    // Every page up to the end of its last table is mapped already, and by this.
    for (uint64_t at = 0; at < RoundUp(bytes, table); at += PageBytes()) {
      void* const page = range->address() + at;
      ASSERT_EQ(::mmap(page, PageBytes(), PROT_NONE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0),
                MAP_FAILED);
      ASSERT_EQ(errno, EEXIST);
    }
  }
}

TEST(ReservedRangeTest, ItIsGivenBackOnce) {
  std::byte* address = nullptr;
  {
    ReservedRange range = *ReservedRange::Create(1);
    const ReservedRange moved = std::move(range);
    address = moved.address();
    EXPECT_EQ(::msync(address, PageBytes(), MS_ASYNC), 0);
  }
  EXPECT_EQ(::msync(address, PageBytes(), MS_ASYNC), -1);
  EXPECT_EQ(errno, ENOMEM);  // nothing is mapped there
}

}  // namespace
}  // namespace copycost
