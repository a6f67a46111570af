#include "agent/message_buffers.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "common/page_size.h"
#include "common/status.h"

namespace copycost {
namespace {
constexpr uint64_t kCacheLine = 64;
}  // namespace

// Left to the allocator, two buffers that are copied from one to the other lie well or badly for
// the CPU (loads that wait for stores 4 KiB away), and the same all run long.
uint64_t MessageBuffers::AlignmentOf(uint64_t bytes) {
  return bytes >= PageBytes() ? PageBytes() : kCacheLine;
}

uint64_t MessageBuffers::AllocationOf(uint64_t bytes) {
  const uint64_t alignment = AlignmentOf(bytes);
  return (bytes + alignment - 1) / alignment * alignment;
}

absl::Status MessageBuffers::CheckSplit(uint64_t message_bytes, uint32_t fields) {
  if (fields > 0 && message_bytes > 0 && message_bytes % fields == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("workload.message_bytes: ", message_bytes,
                                                 " cannot be split into ", fields,
                                                 " equal fields"));
}

uint64_t MessageBuffers::MemoryOf(uint64_t message_bytes, uint32_t fields) {
  // As much more for the allocator's header and what it leaves free to align.
  const uint64_t field_bytes = message_bytes / fields;
  return fields * (AllocationOf(field_bytes) + AlignmentOf(field_bytes));
}

absl::StatusOr<MessageBuffers> MessageBuffers::Create(uint32_t count, uint64_t message_bytes,
                                                      uint32_t fields, Layout layout) {
  if (count == 0)
    return absl::InvalidArgumentError("workload.message_bytes: no buffers were asked for");
  RETURN_IF_ERROR(CheckSplit(message_bytes, fields));
  MessageBuffers buffers;
  buffers.fields_ = fields;
  buffers.parts_ = layout == Layout::kSeparate ? fields : 1;
  buffers.field_bytes_ = message_bytes / fields;
  for (uint64_t i = 0; i < uint64_t{count} * buffers.parts_; ++i) {
    if (!buffers.Allocate(message_bytes / buffers.parts_)) {
      return absl::ResourceExhaustedError(
          absl::StrCat("no memory for ", count, " message buffers of ", message_bytes,
                       " bytes; use fewer threads or a smaller ring"));
    }
  }
  return buffers;
}

bool MessageBuffers::Allocate(uint64_t bytes) {
  const size_t allocation = AllocationOf(bytes);
  auto* memory = static_cast<std::byte*>(std::aligned_alloc(AlignmentOf(bytes), allocation));
  if (memory == nullptr) return false;
  memory_.emplace_back(memory);
  std::memset(memory, static_cast<int>(memory_.size() % 255 + 1), allocation);
  iovecs_.push_back({memory, bytes});
  for (uint64_t begin = 0; begin < bytes; begin += field_bytes_) {
    spans_.emplace_back(memory + begin, field_bytes_);
  }
  return true;
}

}  // namespace copycost
