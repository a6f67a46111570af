#include "agent/fresh_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <utility>

#include "agent/message_buffers.h"
#include "common/page_size.h"
#include "common/status.h"

namespace copycost {
namespace {

// Enough that giving pages back is rare.
constexpr uint64_t kLeastBytes = uint64_t{4} << 20;

}  // namespace

absl::StatusOr<FreshMemory> FreshMemory::Create(uint64_t message_bytes, uint32_t fields) {
  RETURN_IF_ERROR(MessageBuffers::CheckSplit(message_bytes, fields));
  FreshMemory fresh;
  fresh.field_bytes_ = message_bytes / fields;
  fresh.fields_.resize(fields);
  fresh.iovecs_.resize(fields);
  const uint64_t page = PageBytes();
  const uint64_t message = MessageBuffers::AllocationOf(fresh.field_bytes_) * fields;
  fresh.bytes_ = std::max(kLeastBytes, (message + page - 1) / page * page);
  void* memory =
      ::mmap(nullptr, fresh.bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return ErrnoStatus("mmap of message memory");
  fresh.memory_ = static_cast<std::byte*>(memory);
  // Pages come and go one by one, whatever the host does with large mappings.
  ::madvise(memory, fresh.bytes_, MADV_NOHUGEPAGE);
  return fresh;
}

FreshMemory::FreshMemory(FreshMemory&& other) noexcept { *this = std::move(other); }

FreshMemory& FreshMemory::operator=(FreshMemory&& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(bytes_, other.bytes_);
  std::swap(end_, other.end_);
  std::swap(faulted_, other.faulted_);
  std::swap(field_bytes_, other.field_bytes_);
  std::swap(fields_, other.fields_);
  std::swap(iovecs_, other.iovecs_);
  return *this;
}

FreshMemory::~FreshMemory() {
  if (memory_ != nullptr) ::munmap(memory_, bytes_);
}

absl::Status FreshMemory::Next() {
  const uint64_t allocation = MessageBuffers::AllocationOf(field_bytes_);
  const uint64_t alignment = MessageBuffers::AlignmentOf(field_bytes_);
  uint64_t begin = (end_ + alignment - 1) / alignment * alignment;
  if (begin + allocation * fields_.size() > bytes_) {
    RETURN_IF_ERROR(Renew());
    begin = 0;
  }
  end_ = begin;
  for (size_t i = 0; i < fields_.size(); ++i) {
    fields_[i] = absl::MakeSpan(memory_ + end_, field_bytes_);
    iovecs_[i] = {memory_ + end_, field_bytes_};
    end_ += allocation;
  }
  FaultIn(end_);
  return absl::OkStatus();
}

absl::Status FreshMemory::Renew() {
  if (::madvise(memory_, bytes_, MADV_DONTNEED) != 0) return ErrnoStatus("madvise MADV_DONTNEED");
  end_ = 0;
  faulted_ = 0;
  return absl::OkStatus();
}

// A page that is only read would be the zero page, shared by all, and prove nothing.
void FreshMemory::FaultIn(uint64_t until) {
  const uint64_t page = PageBytes();
  for (; faulted_ < until; faulted_ += page) memory_[faulted_] = std::byte{1};
}

}  // namespace copycost
