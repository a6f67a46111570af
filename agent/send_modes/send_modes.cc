#include "agent/send_modes/send_modes.h"

#include "absl/strings/str_cat.h"

namespace copycost {

// Each defined in the mode's own file.
std::unique_ptr<Sender> MakeTwoCopySender();
std::unique_ptr<Sender> MakeOneCopySender();
std::unique_ptr<Sender> MakeZeroCopySender();
absl::Status ProbeZeroCopy();

namespace {

absl::Status NeedsNothing() { return absl::OkStatus(); }

constexpr SendModeRow kSendModes[] = {
    {v1::SEND_MODE_TWO_COPY, MakeTwoCopySender, NeedsNothing},
    {v1::SEND_MODE_ONE_COPY, MakeOneCopySender, NeedsNothing},
    {v1::SEND_MODE_ZERO_COPY, MakeZeroCopySender, ProbeZeroCopy},
};

}  // namespace

absl::Span<const SendModeRow> SendModes() { return kSendModes; }

absl::StatusOr<std::unique_ptr<Sender>> MakeSender(v1::SendMode mode) {
  for (const SendModeRow& row : kSendModes) {
    if (row.mode == mode) return row.make();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("workload.send_mode: this agent does not know value ", mode));
}

}  // namespace copycost
