#include "agent/receive_modes/receive_modes.h"

#include "absl/strings/str_cat.h"

namespace copycost {

// Each defined in the mode's own file.
std::unique_ptr<Receiver> MakeRecvReceiver();

namespace {

absl::Status NeedsNothing() { return absl::OkStatus(); }

constexpr ReceiveModeRow kReceiveModes[] = {
    {v1::RECEIVE_MODE_RECV, MakeRecvReceiver, NeedsNothing},
};

}  // namespace

absl::Span<const ReceiveModeRow> ReceiveModes() { return kReceiveModes; }

absl::StatusOr<std::unique_ptr<Receiver>> MakeReceiver(v1::ReceiveMode mode) {
  for (const ReceiveModeRow& row : kReceiveModes) {
    if (row.mode == mode) return row.make();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("workload.receive_mode: this agent does not know value ", mode));
}

}  // namespace copycost
