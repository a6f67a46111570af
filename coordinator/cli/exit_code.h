// What the process says when it ends.
#ifndef COPYCOST_COORDINATOR_CLI_EXIT_CODE_H_
#define COPYCOST_COORDINATOR_CLI_EXIT_CODE_H_

#include "absl/status/status.h"

namespace copycost {

inline constexpr int kExitDone = 0;
inline constexpr int kExitIncomplete = 1;    // finished, some cells invalid or without results
inline constexpr int kExitBadInput = 2;      // the message names the flag, or file:line:column
inline constexpr int kExitNotStarted = 3;    // the message says what would enable it
inline constexpr int kExitFault = 4;         // stopped by a fault; what was measured is kept
inline constexpr int kExitSignalBase = 128;  // + the signal's number: 130, 143

// For a command that could not start: InvalidArgument is bad input, everything else is not.
int ExitCodeOf(const absl::Status& could_not_start);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_CLI_EXIT_CODE_H_
