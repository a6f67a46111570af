// Where CLI11's exceptions become a Status.
#ifndef COPYCOST_COORDINATOR_CLI_COMMAND_LINE_H_
#define COPYCOST_COORDINATOR_CLI_COMMAND_LINE_H_

#include <string>

#include "absl/status/statusor.h"

namespace CLI {
class App;
}

namespace copycost {

// Parses argv into what was bound to `app`. The result is text to print on stdout instead of going
// on (--help, --version); empty to go on. InvalidArgument names the flag.
absl::StatusOr<std::string> ParseCommandLine(CLI::App& app, int argc, const char* const* argv);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_CLI_COMMAND_LINE_H_
