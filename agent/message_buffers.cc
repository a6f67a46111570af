#include "agent/message_buffers.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "common/page_size.h"

namespace copycost {
namespace {
constexpr size_t kCacheLine = 64;

// Where a field begins. Left to the allocator, two buffers that are copied from one to the other
// lie well or badly for the CPU (loads that wait for stores 4 KiB away), and the same all run long.
size_t AlignmentOf(uint64_t field_bytes) {
  return field_bytes >= PageBytes() ? PageBytes() : kCacheLine;
}

// Rounded up, so that no two fields share a cache line.
size_t AllocationOf(uint64_t field_bytes) {
  const size_t alignment = AlignmentOf(field_bytes);
  return (field_bytes + alignment - 1) / alignment * alignment;
}

}  // namespace

uint64_t MessageBuffers::MemoryOf(uint64_t message_bytes, uint32_t fields) {
  // As much more for the allocator's header and what it leaves free to align.
  const uint64_t field_bytes = message_bytes / fields;
  return fields * (AllocationOf(field_bytes) + AlignmentOf(field_bytes));
}

absl::StatusOr<MessageBuffers> MessageBuffers::Create(uint32_t count, uint64_t message_bytes,
                                                      uint32_t fields) {
  if (count == 0 || fields == 0 || message_bytes == 0 || message_bytes % fields != 0) {
    return absl::InvalidArgumentError(absl::StrCat("workload.message_bytes: ", message_bytes,
                                                   " cannot be split into ", fields,
                                                   " equal fields (", count, " buffers)"));
  }
  MessageBuffers buffers;
  buffers.fields_ = fields;
  buffers.field_bytes_ = message_bytes / fields;
  const size_t alignment = AlignmentOf(buffers.field_bytes_);
  const size_t allocation = AllocationOf(buffers.field_bytes_);
  for (uint64_t i = 0; i < uint64_t{count} * fields; ++i) {
    auto* memory = static_cast<std::byte*>(std::aligned_alloc(alignment, allocation));
    if (memory == nullptr) {
      return absl::ResourceExhaustedError(
          absl::StrCat("no memory for ", count, " message buffers of ", message_bytes,
                       " bytes; use fewer threads or a smaller ring"));
    }
    buffers.memory_.emplace_back(memory);
    std::memset(memory, static_cast<int>(i % 255 + 1), allocation);
    buffers.spans_.emplace_back(memory, buffers.field_bytes_);
    buffers.iovecs_.push_back({memory, buffers.field_bytes_});
  }
  return buffers;
}

}  // namespace copycost
