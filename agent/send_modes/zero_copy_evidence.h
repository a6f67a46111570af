// What becomes of sends that asked for zero-copy, as their completions tell it: counted, and turned
// into evidence. The same for every way to ask (MSG_ZEROCOPY, io_uring).
#ifndef COPYCOST_AGENT_SEND_MODES_ZERO_COPY_EVIDENCE_H_
#define COPYCOST_AGENT_SEND_MODES_ZERO_COPY_EVIDENCE_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "agent/flow_spec.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

class ZeroCopyEvidence {
 public:
  explicit ZeroCopyEvidence(DataPath path) : path_(path) {}

  // A send took `bytes`.
  void Sent(uint64_t bytes) {
    ++sends_;
    sent_bytes_ += bytes;
  }

  // The kernel had no room to account for a send, which waits for completions.
  void Waited() { ++waits_; }

  struct Completion {
    uint32_t sends;
    uint64_t bytes;  // of these sends
    bool copied;     // at least a part of at least one of them was copied
    bool exact;      // `copied` was found for these sends alone, and all of them
  };
  void Completed(const Completion& completion);

  // After the peer has acknowledged everything sent through `socket`.
  absl::StatusOr<v1::Evidence> Take(int socket) const;

 private:
  const DataPath path_;
  uint64_t sends_ = 0;
  uint64_t sent_bytes_ = 0;
  uint64_t waits_ = 0;
  uint64_t completions_ = 0;
  uint64_t copied_ = 0;
  uint64_t uncopied_bytes_ = 0;  // in completions that were not marked as copied
  uint64_t delivery_low_bytes_ = 0;
  uint64_t delivery_high_bytes_ = 0;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_SEND_MODES_ZERO_COPY_EVIDENCE_H_
