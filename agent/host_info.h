// What this host is, what it can do, and why not.
#ifndef COPYCOST_AGENT_HOST_INFO_H_
#define COPYCOST_AGENT_HOST_INFO_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "agent/host_places.h"
#include "agent/receive_modes/receive_modes.h"
#include "agent/send_modes/send_modes.h"
#include "agent/transport/transport.h"
#include "common/mutex.h"
#include "copycost/v1/agent.pb.h"

namespace copycost {

// Thread-safe.
class HostInfo {
 public:
  // Tries every mode and transport, in the network namespace of the calling thread; some
  // milliseconds. The tables outlive this.
  explicit HostInfo(absl::Span<const SendModeRow> send_modes = SendModes(),
                    absl::Span<const ReceiveModeRow> receive_modes = ReceiveModes(),
                    absl::Span<const Transport* const> transports = Transports());

  // As it is now. A mode that worked works on; one that did not is tried again, since what it lacks
  // may have been enabled meanwhile. So is a transport; but a mode that works over TCP and not over
  // another transport that is there never will over this kernel's.
  v1::Description Describe();

 private:
  void TryUnavailableModes() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TryHugePages() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TryTransports() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const absl::Span<const SendModeRow> send_modes_;
  const absl::Span<const ReceiveModeRow> receive_modes_;
  const absl::Span<const Transport* const> transports_;
  Mutex mutex_;
  // What cannot change while this process lives, and the modes, in the order of their tables.
  v1::Description description_ ABSL_GUARDED_BY(mutex_);
  std::vector<DevicePlace> devices_ ABSL_GUARDED_BY(mutex_);
};

// That the calling thread, as a rule the whole process, may use; in order. Of the first 1024, which
// are those that a thread can be bound to here.
std::vector<uint32_t> AllowedCpus();

// All that this host runs on now, in order. Empty where /sys does not tell.
std::vector<uint32_t> OnlineCpus();
// "0-3,8" of /sys/devices/system/cpu; empty for what is no such list.
std::vector<uint32_t> ParseCpuList(absl::string_view list);

// MemAvailable of /proc/meminfo, in bytes. Internal when it does not tell.
absl::StatusOr<uint64_t> AvailableMemory();

// Bytes that MSG_ZEROCOPY of this process may pin; absent when nothing limits it. The kernel
// exempts CAP_IPC_LOCK of the initial user namespace only (mm_account_pinned_pages).
std::optional<uint64_t> LockedMemoryLimit();

}  // namespace copycost

#endif  // COPYCOST_AGENT_HOST_INFO_H_
