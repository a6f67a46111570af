#include "agent/send_modes/completion_ring.h"

#include <bit>

#include "absl/strings/str_cat.h"

namespace copycost {
namespace {
// Most messages go in one call; some room for those that do not.
constexpr uint32_t kCallsPerBuffer = 4;
}  // namespace

CompletionRing::CompletionRing(const Options& options)
    : calls_(std::bit_ceil(options.most_taken * kCallsPerBuffer)),
      buffers_(options.buffers),
      free_(std::bit_ceil(options.buffers)),
      kept_free_(options.buffers - options.most_taken),
      next_call_(options.first_call) {
  while (freed_ < options.buffers) {
    FreeAt(freed_) = static_cast<uint32_t>(freed_);
    ++freed_;
  }
}

absl::StatusOr<CompletionRing::Completed> CompletionRing::Complete(uint32_t first, uint32_t last) {
  const uint32_t count = last - first + 1;
  if (count > outstanding_calls_ || count == 0) {
    return absl::InternalError(absl::StrCat("a notification covers zero-copy sends ", first, " to ",
                                            last, ", but only ", outstanding_calls_,
                                            " are outstanding"));
  }
  for (uint32_t number = first; number != last + 1; ++number) {
    if (!CallAt(number).outstanding || CallAt(number).number != number) {
      return absl::InternalError(absl::StrCat("a notification covers zero-copy send ", number,
                                              ", which is not outstanding"));
    }
  }
  Completed completed;
  for (uint32_t number = first; number != last + 1; ++number) {
    Call& call = CallAt(number);
    call.outstanding = false;
    --outstanding_calls_;
    --buffers_[call.buffer].calls;
    ++completed.calls;
    completed.bytes += call.bytes;
    ReleaseIfDone(call.buffer);
  }
  return completed;
}

}  // namespace copycost
