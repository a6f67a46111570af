// A range of addresses that shares no table of page-table entries with anything else of the
// process: where pages are mapped and unmapped all the time, other entries in the same table can
// double what that costs (docs/performance.md).
#ifndef COPYCOST_AGENT_RESERVED_RANGE_H_
#define COPYCOST_AGENT_RESERVED_RANGE_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"

namespace copycost {

// What a table of entries covers where it fills a page with entries of 8 bytes, as on x86-64, arm64
// and riscv64: 2 MiB where pages have 4 KiB. At least so much elsewhere.
uint64_t PageTableBytes();

class ReservedRange {
 public:
  // Of at least so many bytes, none of them accessible before something is mapped there
  // (MAP_FIXED). ResourceExhausted where there is no room.
  static absl::StatusOr<ReservedRange> Create(uint64_t bytes);

  ReservedRange(ReservedRange&& other) noexcept;
  ReservedRange& operator=(ReservedRange&&) = delete;
  // Unmaps it, and whatever was mapped there.
  ~ReservedRange();

  // A multiple of PageTableBytes().
  std::byte* address() const { return address_; }

 private:
  ReservedRange(std::byte* reserved, uint64_t reserved_bytes);

  std::byte* reserved_;  // null once moved from
  uint64_t reserved_bytes_;
  std::byte* address_;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_RESERVED_RANGE_H_
