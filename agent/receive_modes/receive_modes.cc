#include "agent/receive_modes/receive_modes.h"

#include "absl/strings/str_cat.h"
#include "agent/uring/uring.h"

namespace copycost {

// Each defined in the mode's own file.
std::unique_ptr<Receiver> MakeRecvReceiver();
std::unique_ptr<Receiver> MakeScatterReceiver();
std::unique_ptr<Receiver> MakeTruncateReceiver();
std::unique_ptr<Receiver> MakeMappedReceiver();
std::unique_ptr<Receiver> MakeSpliceNullReceiver();
std::unique_ptr<Receiver> MakeUringRecvReceiver();
std::unique_ptr<Receiver> MakeUringRecvMultishotReceiver();
absl::Status ProbeMapped();
absl::Status ProbeUringZeroCopyReceive();
absl::Status ProbeDevmem();
absl::Status ProbeUringRecvMultishot();

namespace {

absl::Status NeedsNothing() { return absl::OkStatus(); }

constexpr ReceiveModeRow kReceiveModes[] = {
    {v1::RECEIVE_MODE_RECV, MakeRecvReceiver, NeedsNothing},
    {v1::RECEIVE_MODE_SCATTER, MakeScatterReceiver, NeedsNothing},
    {v1::RECEIVE_MODE_TRUNCATE, MakeTruncateReceiver, NeedsNothing},
    {v1::RECEIVE_MODE_MAPPED, MakeMappedReceiver, ProbeMapped},
    {v1::RECEIVE_MODE_SPLICE_NULL, MakeSpliceNullReceiver, NeedsNothing},
    {v1::RECEIVE_MODE_URING_RECV, MakeUringRecvReceiver, ProbeUring},
    {v1::RECEIVE_MODE_URING_RECV_MULTISHOT, MakeUringRecvMultishotReceiver,
     ProbeUringRecvMultishot},
    {v1::RECEIVE_MODE_URING_ZERO_COPY, nullptr, ProbeUringZeroCopyReceive},
    {v1::RECEIVE_MODE_DEVMEM, nullptr, ProbeDevmem},
};

}  // namespace

absl::Span<const ReceiveModeRow> ReceiveModes() { return kReceiveModes; }

absl::StatusOr<std::unique_ptr<Receiver>> MakeReceiver(v1::ReceiveMode mode) {
  for (const ReceiveModeRow& row : kReceiveModes) {
    if (row.mode != mode) continue;
    if (row.make == nullptr) return row.probe();
    return row.make();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("workload.receive_mode: this agent does not know value ", mode));
}

}  // namespace copycost
