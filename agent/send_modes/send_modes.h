// The table of send modes. A mode is one value of v1::SendMode, one file here, one row in
// send_modes.cc; a test fails for a value without a row.
#ifndef COPYCOST_AGENT_SEND_MODES_SEND_MODES_H_
#define COPYCOST_AGENT_SEND_MODES_SEND_MODES_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "agent/send_modes/sender.h"
#include "copycost/v1/copy_mode.pb.h"

namespace copycost {

struct SendModeRow {
  v1::SendMode mode;
  std::unique_ptr<Sender> (*make)();
  // Tries what the mode needs of this kernel, in this network namespace. FailedPrecondition tells
  // the kernel's reason and what would enable it.
  absl::Status (*probe)();
};

absl::Span<const SendModeRow> SendModes();

// A new sender; InvalidArgument for a mode without a row.
absl::StatusOr<std::unique_ptr<Sender>> MakeSender(v1::SendMode mode);

}  // namespace copycost

#endif  // COPYCOST_AGENT_SEND_MODES_SEND_MODES_H_
