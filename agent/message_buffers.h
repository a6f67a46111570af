// The memory messages are made in: `count` messages of `fields` fields of equal size, allocated
// each on its own or side by side, faulted in and written once (a page never written is the zero
// page, and sending it proves nothing). Allocate on the data thread, so that the pages are local to
// its CPU.
#ifndef COPYCOST_AGENT_MESSAGE_BUFFERS_H_
#define COPYCOST_AGENT_MESSAGE_BUFFERS_H_

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace copycost {

class MessageBuffers {
 public:
  enum class Layout {
    kSeparate,  // a message is gathered from its fields: an iovec of one part for each
    kTogether,  // its fields are parts of one buffer: an iovec of one part in all
  };

  // InvalidArgument unless message_bytes is a positive multiple of fields, and for a count of 0;
  // ResourceExhausted when memory runs out.
  static absl::StatusOr<MessageBuffers> Create(uint32_t count, uint64_t message_bytes,
                                               uint32_t fields, Layout layout = Layout::kSeparate);

  // InvalidArgument as above.
  static absl::Status CheckSplit(uint64_t message_bytes, uint32_t fields);

  // Where something of `bytes` begins: on a page, or if it is smaller than one, on a cache line.
  // And that rounded up, so that no two fields share a cache line.
  static uint64_t AlignmentOf(uint64_t bytes);
  static uint64_t AllocationOf(uint64_t bytes);

  // What Create takes for each message, with what the allocator adds. `fields` is not 0.
  static uint64_t MemoryOf(uint64_t message_bytes, uint32_t fields);

  uint32_t count() const { return static_cast<uint32_t>(spans_.size() / fields_); }
  uint32_t fields() const { return fields_; }
  uint64_t message_bytes() const { return field_bytes_ * fields_; }

  // The fields of message buffer `slot`, in stream order; valid as long as this object.
  absl::Span<const absl::Span<std::byte>> Fields(uint32_t slot) const {
    return absl::MakeConstSpan(spans_).subspan(size_t{slot} * fields_, fields_);
  }
  absl::Span<const iovec> Iovecs(uint32_t slot) const {
    return absl::MakeConstSpan(iovecs_).subspan(size_t{slot} * parts_, parts_);
  }

 private:
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };

  bool Allocate(uint64_t bytes);  // a part; false when memory runs out

  uint32_t fields_ = 1;
  uint32_t parts_ = 1;  // of a message, allocated each on its own
  uint64_t field_bytes_ = 0;
  std::vector<std::unique_ptr<std::byte[], Free>> memory_;
  std::vector<absl::Span<std::byte>> spans_;
  std::vector<iovec> iovecs_;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_MESSAGE_BUFFERS_H_
