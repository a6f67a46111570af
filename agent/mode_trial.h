// Tries a mode over a transport: a page from one socket to another on this host.
#ifndef COPYCOST_AGENT_MODE_TRIAL_H_
#define COPYCOST_AGENT_MODE_TRIAL_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/receive_modes/receive_modes.h"
#include "agent/send_modes/send_modes.h"
#include "agent/transport/transport.h"

namespace copycost {

// Two ends on this host, ready for modes. FailedPrecondition tells the kernel's reason and what
// would enable the transport.
absl::StatusOr<SocketPair> OpenPair(const Transport& transport);

// FailedPrecondition with the kernel's reason; ResourceExhausted for want of memory, which says
// nothing of the transport. Of modes that work over TCP: what they need of the kernel besides is
// there.
absl::Status TryOver(const Transport& transport, const SendModeRow& mode);
absl::Status TryOver(const Transport& transport, const ReceiveModeRow& mode);

}  // namespace copycost

#endif  // COPYCOST_AGENT_MODE_TRIAL_H_
