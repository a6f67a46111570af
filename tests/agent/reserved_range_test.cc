#include "agent/reserved_range.h"

#include <sys/mman.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "common/page_size.h"
#include "common/units.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

// How many of the pages in a range are mapped.
uint64_t MappedPages(std::byte* address, uint64_t bytes) {
  uint64_t mapped = 0;
  for (uint64_t at = 0; at < bytes; at += PageBytes()) {
    const bool is_mapped = ::msync(address + at, PageBytes(), MS_ASYNC) == 0;
    EXPECT_TRUE(is_mapped || errno == ENOMEM) << errno;
    if (is_mapped) ++mapped;
  }
  return mapped;
}

// Every page up to the end of its last table is mapped, and by this: it goes with it.
TEST(ReservedRangeTest, ItsTablesHoldNothingElse) {
  const uint64_t table = PageTableBytes();
  for (const uint64_t bytes : {PageBytes(), uint64_t{512} << 10, table, table + PageBytes()}) {
    std::optional<ReservedRange> range = *ReservedRange::Create(bytes);
    std::byte* const address = range->address();
    EXPECT_EQ(reinterpret_cast<uintptr_t>(address) % table, 0u);
    const uint64_t of_tables = RoundUp(bytes, table);
    EXPECT_EQ(MappedPages(address, of_tables), of_tables / PageBytes());
    range.reset();
    EXPECT_EQ(MappedPages(address, of_tables), 0u);
  }
}

TEST(ReservedRangeTest, OneThatWasMovedFromGivesNothingBack) {
  std::optional<ReservedRange> from = *ReservedRange::Create(1);
  const ReservedRange to = *std::move(from);
  from.reset();
  EXPECT_EQ(MappedPages(to.address(), PageBytes()), 1u);
}

}  // namespace
}  // namespace copycost
