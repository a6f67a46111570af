// A message on its way through sendmsg: what is left of its iovec after partial sends.
#ifndef COPYCOST_AGENT_SEND_MODES_IOVEC_CURSOR_H_
#define COPYCOST_AGENT_SEND_MODES_IOVEC_CURSOR_H_

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstddef>
#include <vector>

#include "absl/types/span.h"

namespace copycost {

class IovecCursor {
 public:
  void Assign(absl::Span<const iovec> message) {
    left_.assign(message.begin(), message.end());
    first_ = 0;
  }

  bool done() const { return first_ == left_.size(); }

  // For the next sendmsg; valid until Assign or Advance.
  msghdr Header() {
    msghdr header{};
    header.msg_iov = left_.data() + first_;
    header.msg_iovlen = left_.size() - first_;
    return header;
  }

  // `sent` bytes were accepted; at most what is left.
  void Advance(size_t sent) {
    while (first_ < left_.size() && sent >= left_[first_].iov_len) sent -= left_[first_++].iov_len;
    if (sent == 0) return;
    left_[first_].iov_base = static_cast<std::byte*>(left_[first_].iov_base) + sent;
    left_[first_].iov_len -= sent;
  }

 private:
  std::vector<iovec> left_;
  size_t first_ = 0;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_SEND_MODES_IOVEC_CURSOR_H_
