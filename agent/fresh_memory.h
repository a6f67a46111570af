// Memory for messages whose pages may be given away: each message is made in bytes that no message
// was made in before, and when the memory is used up, its pages go back to the kernel and new ones
// come. Whoever still refers to an old page (a socket's queue, a peer that maps it) keeps it, and
// what is in it.
//
// For ways of sending that have no completion: when the kernel is done with a page cannot be known.
#ifndef COPYCOST_AGENT_FRESH_MEMORY_H_
#define COPYCOST_AGENT_FRESH_MEMORY_H_

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace copycost {

class FreshMemory {
 public:
  // For messages of `fields` equal fields, each on its own cache lines. InvalidArgument unless
  // message_bytes is a positive multiple of fields; ResourceExhausted when memory runs out.
  static absl::StatusOr<FreshMemory> Create(uint64_t message_bytes, uint32_t fields);

  FreshMemory(FreshMemory&& other) noexcept;
  FreshMemory& operator=(FreshMemory&& other) noexcept;
  ~FreshMemory();

  // Moves on to the next message. Its pages are there, none of them the zero page, but what is in
  // them is not told.
  absl::Status Next();

  // Of the message that Next moved to; valid until it moves on.
  absl::Span<const absl::Span<std::byte>> fields() const { return fields_; }
  absl::Span<const iovec> iovecs() const { return iovecs_; }

  uint64_t message_bytes() const { return field_bytes_ * fields_.size(); }

 private:
  FreshMemory() = default;

  absl::Status Renew();
  void FaultIn(uint64_t until);

  std::byte* memory_ = nullptr;
  uint64_t bytes_ = 0;
  uint64_t end_ = 0;      // of the last message
  uint64_t faulted_ = 0;  // whole pages, from the beginning
  uint64_t field_bytes_ = 0;
  std::vector<absl::Span<std::byte>> fields_;
  std::vector<iovec> iovecs_;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_FRESH_MEMORY_H_
