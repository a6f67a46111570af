#include "agent/send_modes/send_modes.h"

#include "absl/strings/str_cat.h"
#include "agent/uring/uring.h"

namespace copycost {

// Each defined in the mode's own file.
std::unique_ptr<Sender> MakeTwoCopySender();
std::unique_ptr<Sender> MakeOneCopySender();
std::unique_ptr<Sender> MakeZeroCopySender();
std::unique_ptr<Sender> MakeWritevSender();
std::unique_ptr<Sender> MakeSendfileSender();
std::unique_ptr<Sender> MakeSpliceSender();
std::unique_ptr<Sender> MakeVmspliceSender();
std::unique_ptr<Sender> MakeUringSendSender();
std::unique_ptr<Sender> MakeUringSendmsgSender();
std::unique_ptr<Sender> MakeUringZeroCopySender();
std::unique_ptr<Sender> MakeUringZeroCopyFixedSender();
std::unique_ptr<Sender> MakeUringSendmsgZeroCopySender();
absl::Status ProbeZeroCopy();
absl::Status ProbeUringZeroCopy();
absl::Status ProbeUringZeroCopyFixed();
absl::Status ProbeUringSendmsgZeroCopy();

namespace {

absl::Status NeedsNothing() { return absl::OkStatus(); }

constexpr SendModeRow kSendModes[] = {
    {v1::SEND_MODE_TWO_COPY, MakeTwoCopySender, NeedsNothing},
    {v1::SEND_MODE_ONE_COPY, MakeOneCopySender, NeedsNothing},
    {v1::SEND_MODE_ZERO_COPY, MakeZeroCopySender, ProbeZeroCopy},
    {v1::SEND_MODE_WRITEV, MakeWritevSender, NeedsNothing},
    {v1::SEND_MODE_SENDFILE, MakeSendfileSender, NeedsNothing},
    {v1::SEND_MODE_SPLICE, MakeSpliceSender, NeedsNothing},
    {v1::SEND_MODE_VMSPLICE, MakeVmspliceSender, NeedsNothing},
    {v1::SEND_MODE_URING_SEND, MakeUringSendSender, ProbeUring},
    {v1::SEND_MODE_URING_SENDMSG, MakeUringSendmsgSender, ProbeUring},
    {v1::SEND_MODE_URING_ZERO_COPY, MakeUringZeroCopySender, ProbeUringZeroCopy},
    {v1::SEND_MODE_URING_ZERO_COPY_FIXED, MakeUringZeroCopyFixedSender, ProbeUringZeroCopyFixed},
    {v1::SEND_MODE_URING_SENDMSG_ZERO_COPY, MakeUringSendmsgZeroCopySender,
     ProbeUringSendmsgZeroCopy},
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
