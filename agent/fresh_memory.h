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
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "agent/message_buffers.h"
#include "agent/message_memory.h"
#include "agent/page_memory.h"
#include "copycost/v1/experiment.pb.h"

namespace copycost {

class FreshMemory {
 public:
  // For messages of `fields` equal fields, apart as MessageBuffers has them: for as many as the
  // working set holds, or as make 4 MiB, before pages are given back. InvalidArgument unless
  // message_bytes is a positive multiple of fields, and for huge pages; ResourceExhausted when
  // memory runs out.
  static absl::StatusOr<FreshMemory> Create(uint64_t message_bytes, uint32_t fields,
                                            const MessageMemory& memory = {});

  // Moves on to the next message. Its pages are there, none of them the zero page, but what is in
  // them is not told.
  absl::Status Next();

  // For messages that do not change: moves on to the next that is there, in a circle, without
  // giving pages back; stays where it is if no working set was asked for.
  void NextUnchanged();

  // Of the message that was moved to; valid until this moves on.
  absl::Span<const absl::Span<std::byte>> fields() const { return fields_; }
  absl::Span<const iovec> iovecs() const { return iovecs_; }

  // As MessageBuffers::Echo.
  void Echo(v1::Workload& applied) const;

  uint64_t message_bytes() const { return field_bytes_ * fields_.size(); }

 private:
  explicit FreshMemory(PageMemory memory) : memory_(std::move(memory)) {}

  absl::Status Renew();
  void MoveTo(uint64_t message);
  void FaultIn(uint64_t begin, uint64_t end);

  PageMemory memory_;
  MessageMemory asked_;
  MessageBuffers::Place place_{};  // of a field
  uint64_t messages_ = 0;          // that there is room for
  uint64_t next_ = 0;              // of them
  uint64_t faulted_ = 0;           // up to there, in whole pages
  uint64_t field_bytes_ = 0;
  std::vector<absl::Span<std::byte>> fields_;
  std::vector<iovec> iovecs_;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_FRESH_MEMORY_H_
