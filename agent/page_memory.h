// Memory in whole pages of one kind, private and zeroed. A kind that the kernel does not give is an
// error, never other pages.
#ifndef COPYCOST_AGENT_PAGE_MEMORY_H_
#define COPYCOST_AGENT_PAGE_MEMORY_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "copycost/v1/experiment.pb.h"

namespace copycost {

class PageMemory {
 public:
  // At least `bytes`, rounded up to pages of that kind, from a multiple of `alignment` on, a power
  // of two. Huge pages are faulted in by the calling thread, small ones when they are first
  // written. FailedPrecondition where the kernel gives no huge pages, with what would;
  // ResourceExhausted when memory runs out.
  static absl::StatusOr<PageMemory> Map(uint64_t bytes, v1::HugePages pages,
                                        uint64_t alignment = 1);

  PageMemory(PageMemory&& other) noexcept;
  PageMemory& operator=(PageMemory&& other) noexcept;
  ~PageMemory();

  std::byte* data() const { return data_; }
  uint64_t bytes() const { return bytes_; }
  v1::HugePages huge_pages() const { return pages_; }

 private:
  PageMemory() = default;

  absl::Status MapPages(uint64_t bytes);
  absl::Status MapSmall(uint64_t bytes);
  absl::Status MapReserved(uint64_t bytes);
  absl::Status MapTransparent(uint64_t bytes);
  absl::Status FaultIn() const;

  std::byte* data_ = nullptr;
  uint64_t bytes_ = 0;
  v1::HugePages pages_ = v1::HUGE_PAGES_NONE;
  void* mapping_ = nullptr;  // with what lies around data_
  uint64_t mapping_bytes_ = 0;
};

// How large a page of that kind is here. FailedPrecondition where the kernel has none.
absl::StatusOr<uint64_t> PageBytesOf(v1::HugePages pages);

// Whether this process gets a huge page of that kind now; as Map fails.
absl::Status TryHugePage(v1::HugePages pages);

}  // namespace copycost

#endif  // COPYCOST_AGENT_PAGE_MEMORY_H_
