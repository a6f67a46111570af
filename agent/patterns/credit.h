// Lets a sender of datagrams have no more under way than the receiver has room for: the receiver
// tells what it has taken, over a connection beside the datagrams. For streams of which every byte
// must arrive; those that are measured are held back by nothing.
#ifndef COPYCOST_AGENT_PATTERNS_CREDIT_H_
#define COPYCOST_AGENT_PATTERNS_CREDIT_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"

namespace copycost {

class Credit {
 public:
  explicit Credit(int control) : control_(control) {}

  // By the sender of `sent_bytes` so far, before another message: until few enough are under way.
  // DataLoss when nothing was taken for a second, or more than was sent; Unavailable when the
  // receiver is gone.
  absl::Status Await(uint64_t sent_bytes, uint64_t message_bytes);

  // By the receiver, of all bytes that it has taken so far.
  absl::Status Grant(uint64_t taken_bytes);

 private:
  absl::Status Hear();

  int control_;
  uint64_t taken_bytes_ = 0;
  std::array<std::byte, sizeof(uint64_t)> heard_{};  // a part of the next word
  size_t heard_bytes_ = 0;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_PATTERNS_CREDIT_H_
