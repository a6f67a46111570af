#include "agent/send_modes/zero_copy_evidence.h"

#include "agent/transport/tcp.h"
#include "common/status.h"

namespace copycost {

// On a device, what a completion says of copies on the way: when it is exact, nothing was copied if
// it is not marked, and at least a byte if it is; else anything. MSG_ZEROCOPY's are exact unless
// they are merged, which compares the numbers only and keeps the first code (net/core/skbuff.c,
// skb_zerocopy_notify_extend).
void ZeroCopyEvidence::Completed(const Completion& completion) {
  completions_ += completion.sends;
  if (completion.copied) copied_ += completion.sends;
  if (!completion.copied) uncopied_bytes_ += completion.bytes;
  if (completion.exact && completion.copied) delivery_low_bytes_ += 1;
  if (!completion.exact || completion.copied) delivery_high_bytes_ += completion.bytes;
}

absl::StatusOr<v1::Evidence> ZeroCopyEvidence::Take(int socket) const {
  v1::Evidence evidence;
  evidence.set_zero_copy_sends(sends_);
  evidence.set_zero_copy_completions(completions_);
  evidence.set_zero_copy_copied(copied_);
  evidence.set_buffer_waits(waits_);
  evidence.set_delivery_basis(v1::BASIS_OBSERVED);
  switch (path_) {
    case DataPath::kScatterGather:
      evidence.set_delivery_copied_low_bytes(delivery_low_bytes_);
      evidence.set_delivery_copied_high_bytes(delivery_high_bytes_);
      break;
    case DataPath::kNoScatterGather:
      evidence.set_kernel_copied_bytes(sent_bytes_);
      break;
    case DataPath::kLocalDelivery: {
      // A local peer's receive path copies every byte once, and may do so again for what was sent
      // again. Completions that say nothing was copied would contradict that (the pair may lead
      // elsewhere): then they count, and only what they do not speak for is taken as copied.
      ASSIGN_OR_RETURN(const uint64_t sent_again, RetransmittedBytes(socket));
      if (uncopied_bytes_ == 0) evidence.set_delivery_basis(v1::BASIS_BY_CONSTRUCTION);
      evidence.set_delivery_copied_low_bytes(sent_bytes_ - uncopied_bytes_);
      evidence.set_delivery_copied_high_bytes(sent_bytes_ + sent_again);
      break;
    }
  }
  return evidence;
}

}  // namespace copycost
