// A message on its way through a gathering call: what is left of its iovec after partial sends.
// Most messages go in one call, and cost nothing here.
#ifndef COPYCOST_AGENT_SEND_MODES_IOVEC_CURSOR_H_
#define COPYCOST_AGENT_SEND_MODES_IOVEC_CURSOR_H_

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstddef>
#include <vector>

#include "absl/types/span.h"

namespace copycost {

// For sendmsg, which only reads it.
inline msghdr HeaderOf(absl::Span<const iovec> parts) {
  msghdr header{};
  header.msg_iov = const_cast<iovec*>(parts.data());
  header.msg_iovlen = parts.size();
  return header;
}

class IovecCursor {
 public:
  // `message` has `bytes` in all, and outlives its sending.
  void Assign(absl::Span<const iovec> message, size_t bytes) {
    next_ = message;
    left_bytes_ = bytes;
  }

  bool done() const { return left_bytes_ == 0; }

  // For the next call; valid until Assign or Advance.
  absl::Span<const iovec> rest() const { return next_; }
  size_t rest_bytes() const { return left_bytes_; }

  // `sent` bytes were accepted; at most what is left.
  void Advance(size_t sent) {
    left_bytes_ -= sent;
    if (left_bytes_ > 0) Skip(sent);
  }

 private:
  void Skip(size_t sent) {
    while (sent >= next_.front().iov_len) {
      sent -= next_.front().iov_len;
      next_.remove_prefix(1);
    }
    if (sent == 0) return;
    if (!InRest()) {  // allocates for the first message that is sent in parts
      rest_.assign(next_.begin(), next_.end());
      next_ = rest_;
    }
    iovec& cut = rest_[rest_.size() - next_.size()];
    cut.iov_base = static_cast<std::byte*>(cut.iov_base) + sent;
    cut.iov_len -= sent;
  }

  bool InRest() const {
    return !rest_.empty() && next_.data() + next_.size() == rest_.data() + rest_.size();
  }

  absl::Span<const iovec> next_;  // of the message, or of rest_
  size_t left_bytes_ = 0;
  std::vector<iovec> rest_;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_SEND_MODES_IOVEC_CURSOR_H_
