// The memory messages are made in: `count` messages of `fields` fields of equal size, apart from
// each other or side by side, faulted in and written once (a page never written is the zero page,
// and sending it proves nothing). Allocate on the data thread, so that the pages are local to its
// CPU.
#ifndef COPYCOST_AGENT_MESSAGE_BUFFERS_H_
#define COPYCOST_AGENT_MESSAGE_BUFFERS_H_

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "agent/message_memory.h"
#include "agent/page_memory.h"
#include "copycost/v1/experiment.pb.h"

namespace copycost {

class MessageBuffers {
 public:
  enum class Layout {
    kSeparate,  // a message is gathered from its fields: an iovec of one part for each
    kTogether,  // its fields are parts of one buffer: an iovec of one part in all
  };

  // Where something of some size lies: `offset` bytes after a multiple of `alignment`, and what
  // follows likewise after the multiple that is `stride` bytes further, with the alignment's worth
  // of bytes between them: what was allocated apart does not lie side by side, where the kernel
  // would make one piece of two.
  struct Place {
    uint64_t alignment;
    uint64_t offset;
    uint64_t stride;
  };
  static Place PlaceOf(uint64_t bytes, uint32_t alignment_bytes);

  // As many messages as the working set holds, at least `least`. InvalidArgument unless
  // message_bytes is a positive multiple of fields, and for no message; ResourceExhausted when
  // memory runs out; as PageMemory::Map.
  static absl::StatusOr<MessageBuffers> Create(uint32_t least, uint64_t message_bytes,
                                               uint32_t fields, Layout layout = Layout::kSeparate,
                                               const MessageMemory& memory = {});

  // InvalidArgument as above.
  static absl::Status CheckSplit(uint64_t message_bytes, uint32_t fields);

  // What Create takes for each message. `fields` is not 0.
  static uint64_t MemoryOf(uint64_t message_bytes, uint32_t fields, uint32_t alignment_bytes = 0);

  uint32_t count() const { return count_; }
  uint32_t fields() const { return fields_; }
  uint64_t message_bytes() const { return field_bytes_ * fields_; }

  // The slot after `slot`, in a circle.
  uint32_t After(uint32_t slot) const { return slot + 1 == count_ ? 0 : slot + 1; }

  // The fields of message buffer `slot`, in stream order; valid as long as this object.
  absl::Span<const absl::Span<std::byte>> Fields(uint32_t slot) const {
    return absl::MakeConstSpan(spans_).subspan(size_t{slot} * fields_, fields_);
  }
  absl::Span<const iovec> Iovecs(uint32_t slot) const {
    return absl::MakeConstSpan(iovecs_).subspan(size_t{slot} * parts_, parts_);
  }

  // Size of a message and what the memory was asked for, as it is. Fields are the mode's to tell.
  void Echo(v1::Workload& applied) const;

 private:
  MessageBuffers(PageMemory memory, const MessageMemory& asked, uint32_t count, uint32_t fields,
                 uint64_t field_bytes, Layout layout);
  void LayOut();

  PageMemory memory_;
  MessageMemory asked_;
  uint32_t count_;
  uint32_t fields_;
  uint32_t parts_;  // of a message, apart from each other
  uint64_t field_bytes_;
  std::vector<absl::Span<std::byte>> spans_;
  std::vector<iovec> iovecs_;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_MESSAGE_BUFFERS_H_
