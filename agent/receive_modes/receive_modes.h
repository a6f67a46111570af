// The table of receive modes; see send_modes.h.
#ifndef COPYCOST_AGENT_RECEIVE_MODES_RECEIVE_MODES_H_
#define COPYCOST_AGENT_RECEIVE_MODES_RECEIVE_MODES_H_

#include <algorithm>
#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "agent/receive_modes/receiver.h"
#include "copycost/v1/copy_mode.pb.h"

namespace copycost {

struct ReceiveModeRow {
  v1::ReceiveMode mode;
  // Null for a mode that is only probed: what it would take is told, and no host has it available.
  std::unique_ptr<Receiver> (*make)();
  absl::Status (*probe)();  // as in SendModeRow
};

absl::Span<const ReceiveModeRow> ReceiveModes();

// What a mode that maps pages may have mapped of each flow: a message, or 512 KiB, as the kernel's
// own example has it (tools/testing/selftests/net/tcp_mmap.c). Each call unmaps as much as it maps,
// and flushing the translations costs as much for a few pages as for many; and a receiver that
// takes little at a time opens its window by little, into which whole pages do not fit.
constexpr uint64_t MappingBytes(uint64_t message_bytes) {
  return std::max(message_bytes, uint64_t{512} << 10);
}

// A new receiver; InvalidArgument for a mode without a row, FailedPrecondition for one that is only
// probed.
absl::StatusOr<std::unique_ptr<Receiver>> MakeReceiver(v1::ReceiveMode mode);

}  // namespace copycost

#endif  // COPYCOST_AGENT_RECEIVE_MODES_RECEIVE_MODES_H_
