// MSG_ZEROCOPY notifications from a socket's error queue.
#ifndef COPYCOST_AGENT_SEND_MODES_ERROR_QUEUE_H_
#define COPYCOST_AGENT_SEND_MODES_ERROR_QUEUE_H_

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace copycost {

struct ZeroCopyNotification {
  uint32_t first;  // ee_info
  uint32_t last;   // ee_data, inclusive
  bool copied;     // SO_EE_CODE_ZEROCOPY_COPIED: at least one buffer of these sends was copied
  bool exact;      // `copied` was found for these sends alone, and all of them
};

// The next notification, without blocking; nothing when the queue is empty. Internal for an entry
// that is no zero-copy notification.
absl::StatusOr<std::optional<ZeroCopyNotification>> ReadNotification(int socket);

// Waits until the error queue may have an entry, or `deadline` (monotonic). Unavailable when the
// connection is gone: no entry will come then.
absl::Status AwaitNotification(int socket, absl::Time deadline);

// Unavailable when the connection is gone. Never blocks.
absl::Status CheckConnected(int socket);

}  // namespace copycost

#endif  // COPYCOST_AGENT_SEND_MODES_ERROR_QUEUE_H_
