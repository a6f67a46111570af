#include "agent/message_buffers.h"

#include <cstring>

#include "absl/strings/str_cat.h"

namespace copycost {
namespace {
constexpr size_t kCacheLine = 64;

// Rounded up, so that no two fields share a cache line.
size_t AllocationOf(uint64_t field_bytes) {
  return (field_bytes + kCacheLine - 1) / kCacheLine * kCacheLine;
}

}  // namespace

uint64_t MessageBuffers::MemoryOf(uint64_t message_bytes, uint32_t fields) {
  // A line more for the allocator's header and what it leaves free to align.
  return fields * (AllocationOf(message_bytes / fields) + kCacheLine);
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
  const size_t allocation = AllocationOf(buffers.field_bytes_);
  for (uint64_t i = 0; i < uint64_t{count} * fields; ++i) {
    auto* memory = static_cast<std::byte*>(std::aligned_alloc(kCacheLine, allocation));
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
