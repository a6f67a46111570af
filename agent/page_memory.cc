#include "agent/page_memory.h"

#include <sys/mman.h>

#include <cerrno>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/page_size.h"
#include "common/status.h"
#include "common/units.h"

namespace copycost {
namespace {

constexpr int kAnonymous = MAP_PRIVATE | MAP_ANONYMOUS;

// The number in a line "Name:   123 kB", in bytes.
bool ParseKib(absl::string_view line, absl::string_view name, uint64_t& bytes) {
  uint64_t kib = 0;
  const std::vector<absl::string_view> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
  if (words.size() < 2 || words[0] != absl::StrCat(name, ":")) return false;
  if (!absl::SimpleAtoi(words[1], &kib)) return false;
  bytes = kib << 10;
  return true;
}

// What MAP_HUGETLB gives without a size.
absl::StatusOr<uint64_t> ReservedPageBytes() {
  std::ifstream file("/proc/meminfo");
  uint64_t bytes = 0;
  for (std::string line; std::getline(file, line);) {
    if (ParseKib(line, "Hugepagesize", bytes) && bytes > 0) return bytes;
  }
  return absl::FailedPreconditionError(
      "this kernel has no reserved huge pages; it needs CONFIG_HUGETLBFS");
}

absl::StatusOr<uint64_t> TransparentPageBytes() {
  constexpr char kSize[] = "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size";
  std::ifstream file(kSize);
  uint64_t bytes = 0;
  if (file >> bytes && bytes > 0) return bytes;
  return absl::FailedPreconditionError(
      absl::StrCat("this kernel has no transparent huge pages (", kSize,
                   " cannot be read); it needs CONFIG_TRANSPARENT_HUGEPAGE, and /sys"));
}

// Of the mapping that begins at `data`, as /proc/self/smaps tells.
absl::StatusOr<uint64_t> HugeBytesAt(const std::byte* data) {
  std::ifstream file("/proc/self/smaps");
  const std::string begins =
      absl::StrCat(absl::Hex(reinterpret_cast<uintptr_t>(data), absl::kZeroPad8), "-");
  bool found = false;
  uint64_t bytes = 0;
  for (std::string line; std::getline(file, line);) {
    if (!found) {
      found = absl::StartsWith(line, begins);
    } else if (ParseKib(line, "AnonHugePages", bytes)) {
      return bytes;
    }
  }
  return absl::FailedPreconditionError("/proc/self/smaps does not tell of huge pages");
}

}  // namespace

absl::StatusOr<PageMemory> PageMemory::Map(uint64_t bytes, v1::HugePages pages,
                                           uint64_t alignment) {
  PageMemory memory;
  memory.pages_ = pages;
  const uint64_t slack = alignment > PageBytes() ? alignment : 0;
  RETURN_IF_ERROR(memory.MapPages(bytes + slack));
  const auto address = reinterpret_cast<uintptr_t>(memory.data_);
  const uint64_t skipped = RoundUp(address, alignment) - address;
  memory.data_ += skipped;
  memory.bytes_ -= skipped;
  return memory;
}

absl::Status PageMemory::MapPages(uint64_t bytes) {
  switch (pages_) {
    case v1::HUGE_PAGES_NONE:
      return MapSmall(bytes);
    case v1::HUGE_PAGES_TRANSPARENT:
      return MapTransparent(bytes);
    case v1::HUGE_PAGES_RESERVED:
      return MapReserved(bytes);
    default:
      return absl::InvalidArgumentError("workload.huge_pages: unknown value");
  }
}

absl::Status PageMemory::MapSmall(uint64_t bytes) {
  bytes_ = mapping_bytes_ = RoundUp(bytes, PageBytes());
  mapping_ = ::mmap(nullptr, mapping_bytes_, PROT_READ | PROT_WRITE, kAnonymous, -1, 0);
  if (mapping_ == MAP_FAILED) {
    mapping_ = nullptr;
    return absl::ResourceExhaustedError(ErrnoStatus("mmap").message());
  }
  data_ = static_cast<std::byte*>(mapping_);
  // Refused by kernels that have no other pages.
  ::madvise(mapping_, mapping_bytes_, MADV_NOHUGEPAGE);
  return absl::OkStatus();
}

absl::Status PageMemory::MapReserved(uint64_t bytes) {
  ASSIGN_OR_RETURN(const uint64_t page, ReservedPageBytes());
  bytes_ = mapping_bytes_ = RoundUp(bytes, page);
  mapping_ =
      ::mmap(nullptr, mapping_bytes_, PROT_READ | PROT_WRITE, kAnonymous | MAP_HUGETLB, -1, 0);
  if (mapping_ == MAP_FAILED) {
    mapping_ = nullptr;
    return absl::FailedPreconditionError(
        absl::StrCat(ErrnoStatus("mmap MAP_HUGETLB").message(), "; it needs ", bytes_ / page,
                     " of ", page >> 10, " KiB that nobody uses: sysctl -w vm.nr_hugepages=N"));
  }
  data_ = static_cast<std::byte*>(mapping_);
  return FaultIn();
}

// The mapping is larger by a huge page on either side, which nobody may touch: so it does not melt
// into another, and what the kernel tells of it is of this memory alone.
absl::Status PageMemory::MapTransparent(uint64_t bytes) {
  ASSIGN_OR_RETURN(const uint64_t page, TransparentPageBytes());
  bytes_ = RoundUp(bytes, page);
  mapping_bytes_ = bytes_ + 3 * page;
  mapping_ = ::mmap(nullptr, mapping_bytes_, PROT_NONE, kAnonymous | MAP_NORESERVE, -1, 0);
  if (mapping_ == MAP_FAILED) {
    mapping_ = nullptr;
    return absl::ResourceExhaustedError(ErrnoStatus("mmap").message());
  }
  auto* const begin = static_cast<std::byte*>(mapping_);
  const auto address = reinterpret_cast<uintptr_t>(begin);
  data_ = begin + (RoundUp(address + page, page) - address);
  if (::mprotect(data_, bytes_, PROT_READ | PROT_WRITE) != 0) return ErrnoStatus("mprotect");
  if (::madvise(data_, bytes_, MADV_HUGEPAGE) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(ErrnoStatus("madvise MADV_HUGEPAGE").message(),
                     "; it needs a kernel with CONFIG_TRANSPARENT_HUGEPAGE"));
  }
  RETURN_IF_ERROR(FaultIn());
  ASSIGN_OR_RETURN(const uint64_t huge, HugeBytesAt(data_));
  if (huge == bytes_) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "of ", bytes_ >> 10, " KiB the kernel made ", huge >> 10,
      " KiB of transparent huge pages; echo madvise > "
      "/sys/kernel/mm/transparent_hugepage/enabled, and free memory that is in large pieces"));
}

// By a call that fails where a store would be a fatal signal (reserved pages of a control group
// that has used up its own). Kernels before 5.14 do not know it.
absl::Status PageMemory::FaultIn() const {
  if (::madvise(data_, bytes_, MADV_POPULATE_WRITE) == 0) return absl::OkStatus();
  if (errno != EINVAL) {
    return absl::FailedPreconditionError(
        absl::StrCat(ErrnoStatus("madvise MADV_POPULATE_WRITE").message(), "; ", bytes_ >> 10,
                     " KiB of huge pages could not be had"));
  }
  for (uint64_t i = 0; i < bytes_; i += PageBytes()) data_[i] = std::byte{0};
  return absl::OkStatus();
}

PageMemory::PageMemory(PageMemory&& other) noexcept { *this = std::move(other); }

PageMemory& PageMemory::operator=(PageMemory&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  std::swap(pages_, other.pages_);
  std::swap(mapping_, other.mapping_);
  std::swap(mapping_bytes_, other.mapping_bytes_);
  return *this;
}

PageMemory::~PageMemory() {
  if (mapping_ == nullptr) return;
#ifdef __SANITIZE_ADDRESS__
  ASAN_UNPOISON_MEMORY_REGION(mapping_, mapping_bytes_);  // whoever maps it next knows nothing
#endif
  ::munmap(mapping_, mapping_bytes_);
}

absl::StatusOr<uint64_t> PageBytesOf(v1::HugePages pages) {
  switch (pages) {
    case v1::HUGE_PAGES_NONE:
      return PageBytes();
    case v1::HUGE_PAGES_TRANSPARENT:
      return TransparentPageBytes();
    case v1::HUGE_PAGES_RESERVED:
      return ReservedPageBytes();
    default:
      return absl::InvalidArgumentError("workload.huge_pages: unknown value");
  }
}

absl::Status TryHugePage(v1::HugePages pages) { return PageMemory::Map(1, pages).status(); }

}  // namespace copycost
