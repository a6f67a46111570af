#include "agent/reserved_range.h"

#include <sys/mman.h>

#include <utility>

#include "common/page_size.h"
#include "common/status.h"
#include "common/units.h"

namespace copycost {

uint64_t PageTableBytes() { return PageBytes() * (PageBytes() / sizeof(uint64_t)); }

absl::StatusOr<ReservedRange> ReservedRange::Create(uint64_t bytes) {
  const uint64_t reserved_bytes = RoundUp(bytes, PageTableBytes()) + PageTableBytes();
  void* reserved = ::mmap(nullptr, reserved_bytes, PROT_NONE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (reserved == MAP_FAILED) return ErrnoStatus("mmap of address space");
  return ReservedRange(static_cast<std::byte*>(reserved), reserved_bytes);
}

ReservedRange::ReservedRange(std::byte* reserved, uint64_t reserved_bytes)
    : reserved_(reserved), reserved_bytes_(reserved_bytes) {
  const auto begin = reinterpret_cast<uintptr_t>(reserved);
  address_ = reserved + (RoundUp(begin, PageTableBytes()) - begin);
}

ReservedRange::ReservedRange(ReservedRange&& other) noexcept
    : reserved_(std::exchange(other.reserved_, nullptr)),
      reserved_bytes_(other.reserved_bytes_),
      address_(other.address_) {}

ReservedRange::~ReservedRange() {
  if (reserved_ != nullptr) ::munmap(reserved_, reserved_bytes_);
}

}  // namespace copycost
