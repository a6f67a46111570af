// Lets a sender of datagrams have no more under way than the receiver has room for: the receiver
// tells what it has taken, over a connection beside the datagrams. For streams of which every byte
// must arrive; those that are measured are held back by nothing.
#ifndef COPYCOST_AGENT_PATTERNS_CREDIT_H_
#define COPYCOST_AGENT_PATTERNS_CREDIT_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace copycost {

class Credit {
 public:
  explicit Credit(int control) : control_(control) {}

  // By the sender of `sent_bytes` so far, before another message: until few enough are under way.
  // DataLoss when nothing was taken for a second, or more than was sent; Unavailable when the
  // receiver is gone.
  absl::Status Await(uint64_t sent_bytes, uint64_t message_bytes);

  // Likewise, without waiting: whether there are few enough now. For a thread that waits until the
  // control is readable, and asks again every now and then: DataLoss when it is refused for a
  // second in which nothing was taken.
  absl::StatusOr<bool> Has(uint64_t sent_bytes, uint64_t message_bytes);

  // What tells of credit is readable there.
  int control() const { return control_; }

  // By the receiver, of all bytes that it has taken so far.
  absl::Status Grant(uint64_t taken_bytes);

 private:
  bool Covers(uint64_t sent_bytes, uint64_t message_bytes) const;
  absl::Status CheckTaken(uint64_t sent_bytes) const;
  absl::StatusOr<bool> Hear(int timeout_ms);

  int control_;
  uint64_t taken_bytes_ = 0;
  std::array<std::byte, sizeof(uint64_t)> heard_{};  // a part of the next word
  size_t heard_bytes_ = 0;
  int64_t silent_since_ns_ = 0;  // to who asks without waiting; 0: it is not
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_PATTERNS_CREDIT_H_
