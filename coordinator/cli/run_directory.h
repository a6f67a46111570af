// The directory a run leaves behind.
#ifndef COPYCOST_COORDINATOR_CLI_RUN_DIRECTORY_H_
#define COPYCOST_COORDINATOR_CLI_RUN_DIRECTORY_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace copycost {

// "20260223T101500Z-quick": names the run, and its directory by default.
std::string MakeRunId(absl::string_view experiment, absl::Time wall_now);

// Makes `flag`, with what is missing above it; InvalidArgument when it exists and is not an empty
// directory, or cannot be made. Without a flag it is copycost-runs/<run id>, or the first of
// copycost-runs/<run id>-2, -3, ... that is not there.
absl::StatusOr<std::string> MakeRunDirectory(const std::string& flag, absl::string_view run_id);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_CLI_RUN_DIRECTORY_H_
