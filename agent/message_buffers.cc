#include "agent/message_buffers.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

#include "absl/strings/str_cat.h"
#include "common/page_size.h"
#include "common/status.h"
#include "common/units.h"

namespace copycost {
namespace {

constexpr uint64_t kCacheLine = 64;

// The largest power of two that an address is a multiple of.
uint64_t AlignmentAt(const void* address) {
  return uint64_t{1} << std::countr_zero(reinterpret_cast<uintptr_t>(address));
}

// What lies between two parts is nobody's; AddressSanitizer is told so.
void Fence([[maybe_unused]] std::byte* begin, [[maybe_unused]] uint64_t bytes) {
#ifdef __SANITIZE_ADDRESS__
  ASAN_POISON_MEMORY_REGION(begin, bytes);
#endif
}

}  // namespace

// Left to an allocator, two buffers that are copied from one to the other lie well or badly for the
// CPU (loads that wait for stores 4 KiB away), and the same all run long.
MessageBuffers::Place MessageBuffers::PlaceOf(uint64_t bytes, uint32_t alignment_bytes) {
  Place place{};
  if (alignment_bytes == 0) {
    place.alignment = bytes >= PageBytes() ? PageBytes() : kCacheLine;
  } else {
    place.alignment = std::max<uint64_t>(2 * uint64_t{alignment_bytes}, kCacheLine);
    place.offset = alignment_bytes;
  }
  place.stride = RoundUp(place.offset + bytes, place.alignment) + place.alignment;
  return place;
}

absl::Status MessageBuffers::CheckSplit(uint64_t message_bytes, uint32_t fields) {
  if (fields > 0 && message_bytes > 0 && message_bytes % fields == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("workload.message_bytes: ", message_bytes,
                                                 " cannot be split into ", fields,
                                                 " equal fields"));
}

uint64_t MessageBuffers::MemoryOf(uint64_t message_bytes, uint32_t fields,
                                  uint32_t alignment_bytes) {
  return fields * PlaceOf(message_bytes / fields, alignment_bytes).stride;
}

absl::StatusOr<MessageBuffers> MessageBuffers::Create(uint32_t least, uint64_t message_bytes,
                                                      uint32_t fields, Layout layout,
                                                      const MessageMemory& memory) {
  RETURN_IF_ERROR(CheckSplit(message_bytes, fields));
  const auto count =
      static_cast<uint32_t>(std::max<uint64_t>(least, memory.working_set_bytes / message_bytes));
  if (count == 0) {
    return absl::InvalidArgumentError("workload.message_bytes: no buffers were asked for");
  }
  const uint64_t parts = layout == Layout::kSeparate ? fields : 1;
  const Place place = PlaceOf(message_bytes / parts, memory.alignment_bytes);
  absl::StatusOr<PageMemory> pages =
      PageMemory::Map(count * parts * place.stride, memory.huge_pages, place.alignment);
  if (absl::IsResourceExhausted(pages.status())) {
    return absl::ResourceExhaustedError(
        absl::StrCat("no memory for ", count, " message buffers of ", message_bytes,
                     " bytes; use fewer flows or a smaller ring or working set"));
  }
  RETURN_IF_ERROR(pages.status());
  MessageBuffers buffers(*std::move(pages), memory, count, fields, message_bytes / fields, layout);
  buffers.LayOut();
  return buffers;
}

MessageBuffers::MessageBuffers(PageMemory memory, const MessageMemory& asked, uint32_t count,
                               uint32_t fields, uint64_t field_bytes, Layout layout)
    : memory_(std::move(memory)),
      asked_(asked),
      count_(count),
      fields_(fields),
      parts_(layout == Layout::kSeparate ? fields : 1),
      field_bytes_(field_bytes) {}

void MessageBuffers::LayOut() {
  const uint64_t part_bytes = message_bytes() / parts_;
  const Place place = PlaceOf(part_bytes, asked_.alignment_bytes);
  std::byte* next = memory_.data();
  for (uint64_t part = 0; part < uint64_t{count_} * parts_; ++part) {
    std::byte* const begin = next + place.offset;
    std::memset(next, static_cast<int>(part % 255 + 1), place.stride);
    Fence(begin + part_bytes, place.stride - place.offset - part_bytes);
    iovecs_.push_back({begin, part_bytes});
    for (uint64_t field = 0; field < part_bytes; field += field_bytes_) {
      spans_.emplace_back(begin + field, field_bytes_);
    }
    next += place.stride;
  }
}

void MessageBuffers::Echo(v1::Workload& applied) const {
  applied.set_message_bytes(message_bytes());
  applied.set_huge_pages(memory_.huge_pages());
  if (asked_.working_set_bytes > 0) applied.set_working_set_bytes(count_ * message_bytes());
  if (asked_.alignment_bytes == 0) return;
  uint64_t alignment = AlignmentAt(iovecs_[0].iov_base);
  for (const iovec& part : iovecs_) alignment = std::min(alignment, AlignmentAt(part.iov_base));
  applied.set_alignment_bytes(static_cast<uint32_t>(alignment));
}

}  // namespace copycost
