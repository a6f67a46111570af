#include "agent/fresh_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>

#include "common/page_size.h"
#include "common/status.h"

namespace copycost {
namespace {

// Enough that giving pages back is rare.
constexpr uint64_t kOrdinaryBytes = uint64_t{4} << 20;

}  // namespace

absl::StatusOr<FreshMemory> FreshMemory::Create(uint64_t message_bytes, uint32_t fields,
                                                const MessageMemory& memory) {
  RETURN_IF_ERROR(MessageBuffers::CheckSplit(message_bytes, fields));
  if (memory.huge_pages != v1::HUGE_PAGES_NONE) {
    return absl::InvalidArgumentError(
        "workload.huge_pages: pages that come and go one by one are small");
  }
  const MessageBuffers::Place place =
      MessageBuffers::PlaceOf(message_bytes / fields, memory.alignment_bytes);
  const uint64_t room = place.stride * fields;
  const uint64_t messages = memory.working_set_bytes > 0
                                ? memory.working_set_bytes / message_bytes
                                : std::max<uint64_t>(kOrdinaryBytes / room, 1);
  ASSIGN_OR_RETURN(PageMemory pages,
                   PageMemory::Map(messages * room, v1::HUGE_PAGES_NONE, place.alignment));
  FreshMemory fresh(std::move(pages));
  fresh.asked_ = memory;
  fresh.place_ = place;
  fresh.messages_ = messages;
  fresh.field_bytes_ = message_bytes / fields;
  fresh.fields_.resize(fields);
  fresh.iovecs_.resize(fields);
  return fresh;
}

absl::Status FreshMemory::Next() {
  if (next_ == messages_) RETURN_IF_ERROR(Renew());
  MoveTo(next_++);
  return absl::OkStatus();
}

void FreshMemory::NextUnchanged() {
  if (asked_.working_set_bytes == 0) return;
  if (next_ == messages_) next_ = 0;
  MoveTo(next_++);
}

void FreshMemory::MoveTo(uint64_t message) {
  const uint64_t begin = message * place_.stride * fields_.size();
  for (size_t i = 0; i < fields_.size(); ++i) {
    const uint64_t at = begin + i * place_.stride + place_.offset;
    FaultIn(at, at + field_bytes_);
    fields_[i] = absl::MakeSpan(memory_.data() + at, field_bytes_);
    iovecs_[i] = {memory_.data() + at, field_bytes_};
  }
}

absl::Status FreshMemory::Renew() {
  if (::madvise(memory_.data(), memory_.bytes(), MADV_DONTNEED) != 0) {
    return ErrnoStatus("madvise MADV_DONTNEED");
  }
  next_ = 0;
  faulted_ = 0;
  return absl::OkStatus();
}

// A page that is only read would be the zero page, shared by all, and prove nothing. Not those that
// nothing lies in.
void FreshMemory::FaultIn(uint64_t begin, uint64_t end) {
  const uint64_t page = PageBytes();
  faulted_ = std::max(faulted_, begin / page * page);
  for (; faulted_ < end; faulted_ += page) memory_.data()[faulted_] = std::byte{1};
}

void FreshMemory::Echo(v1::Workload& applied) const {
  applied.set_message_bytes(message_bytes());
  applied.set_huge_pages(memory_.huge_pages());
  if (asked_.working_set_bytes > 0) applied.set_working_set_bytes(messages_ * message_bytes());
  if (asked_.alignment_bytes == 0) return;
  const auto address = reinterpret_cast<uintptr_t>(iovecs_[0].iov_base);
  applied.set_alignment_bytes(uint32_t{1} << std::countr_zero(address));
}

}  // namespace copycost
