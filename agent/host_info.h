// What this host is, what it can do, and why not.
#ifndef COPYCOST_AGENT_HOST_INFO_H_
#define COPYCOST_AGENT_HOST_INFO_H_

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "copycost/v1/agent.pb.h"

namespace copycost {

// Tries every mode, in the network namespace of the calling thread; a few milliseconds.
v1::Description DescribeHost();

// MemAvailable of /proc/meminfo, in bytes. Internal when it does not tell.
absl::StatusOr<uint64_t> AvailableMemory();

// Bytes that MSG_ZEROCOPY of this process may pin; absent when nothing limits it. The kernel
// exempts CAP_IPC_LOCK of the initial user namespace only (mm_account_pinned_pages).
std::optional<uint64_t> LockedMemoryLimit();

}  // namespace copycost

#endif  // COPYCOST_AGENT_HOST_INFO_H_
