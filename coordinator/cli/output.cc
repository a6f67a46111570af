#include "coordinator/cli/output.h"

#include "common/log.h"
#include "common/status.h"
#include "coordinator/cli/exit_code.h"

namespace copycost {

absl::Status ResultStream::Write(absl::string_view text) {
  if (!failed_.ok()) return failed_;
  // Flushed, so that whoever reads along sees each line when it is true, and its failure is told.
  const bool taken =
      std::fwrite(text.data(), 1, text.size(), out_) == text.size() && std::fflush(out_) == 0;
  if (!taken) failed_ = ErrnoStatus("write to stdout");
  return failed_;
}

int PrintAnswer(absl::string_view text) {
  const absl::Status written = ResultStream(stdout).Write(text);
  if (written.ok()) return kExitDone;
  Log(written.message());
  return kExitFault;
}

}  // namespace copycost
