// Which message buffers the kernel still owns. Pure bookkeeping, no system calls. What runs for
// every message is inline.
//
// The kernel numbers the MSG_ZEROCOPY calls of a socket from 0, and counts a call only if it took
// bytes; a notification names a range of numbers. Ranges may be merged and may come out of order
// (Documentation/networking/msg_zerocopy.rst). A buffer may be written again when every call made
// from it is complete.
#ifndef COPYCOST_AGENT_SEND_MODES_COMPLETION_RING_H_
#define COPYCOST_AGENT_SEND_MODES_COMPLETION_RING_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"

namespace copycost {

class CompletionRing {
 public:
  struct Completed {
    uint32_t calls = 0;
    uint64_t bytes = 0;
  };

  struct Options {
    uint32_t buffers;
    uint32_t most_taken;      // of them at once; not 0, nor more than there are
    uint32_t first_call = 0;  // so a new socket's calls are numbered
  };
  explicit CompletionRing(const Options& options);

  uint32_t most_taken() const { return static_cast<uint32_t>(buffers_.size() - kept_free_); }

  // A buffer that the kernel does not own, fewer taken than may be, and room to number a call from
  // it.
  bool CanTake() const { return freed_ - taken_ != kept_free_ && CanSend(); }
  // Requires CanTake(). The buffer stays taken at least until Submitted(). It is the one that has
  // been free for longest: memory is then gone through in one direction, which the CPU's
  // prefetchers follow.
  uint32_t Take() {
    const uint32_t buffer = FreeAt(taken_++);
    buffers_[buffer] = Buffer{};
    return buffer;
  }

  // Room to number another call. A message sent in very many parts can use it up.
  bool CanSend() const { return !CallAt(next_call_).outstanding; }
  // One call took `bytes` of `buffer`. Requires CanSend().
  void Sent(uint32_t buffer, uint64_t bytes) {
    CallAt(next_call_) = {
        .outstanding = true, .number = next_call_, .buffer = buffer, .bytes = bytes};
    ++next_call_;
    ++outstanding_calls_;
    ++buffers_[buffer].calls;
  }
  // Every byte of the message in `buffer` has been taken by calls.
  void Submitted(uint32_t buffer) {
    buffers_[buffer].submitted = true;
    ReleaseIfDone(buffer);
  }

  // Whether the message last made in `buffer` was submitted, and every call made from it is
  // complete. Until the buffer is taken again.
  bool IsComplete(uint32_t buffer) const {
    return buffers_[buffer].submitted && buffers_[buffer].calls == 0;
  }

  // The calls numbered first to last (they may wrap around) are complete. Internal, with nothing
  // changed, if one of them was never made or had completed before.
  absl::StatusOr<Completed> Complete(uint32_t first, uint32_t last);

  uint32_t outstanding_calls() const { return outstanding_calls_; }

 private:
  struct Call {
    bool outstanding = false;
    uint32_t number = 0;
    uint32_t buffer = 0;
    uint64_t bytes = 0;
  };
  struct Buffer {
    bool submitted = false;
    uint32_t calls = 0;
  };

  Call& CallAt(uint32_t number) { return calls_[number & (calls_.size() - 1)]; }
  const Call& CallAt(uint32_t number) const { return calls_[number & (calls_.size() - 1)]; }
  uint32_t& FreeAt(uint64_t number) { return free_[number & (free_.size() - 1)]; }
  void ReleaseIfDone(uint32_t buffer) {
    if (IsComplete(buffer)) FreeAt(freed_++) = buffer;
  }

  std::vector<Call> calls_;  // a power of two, indexed by the low bits of the call's number
  std::vector<Buffer> buffers_;
  std::vector<uint32_t> free_;  // a power of two; [taken_, freed_) by the low bits of the number
  uint64_t kept_free_;
  uint64_t taken_ = 0;
  uint64_t freed_ = 0;
  uint32_t next_call_;
  uint32_t outstanding_calls_ = 0;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_SEND_MODES_COMPLETION_RING_H_
