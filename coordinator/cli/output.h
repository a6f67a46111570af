// Standard output, where results go and answers of commands.
//
//   ResultStream results(stdout);
//   RETURN_IF_ERROR(results.Write(line));
#ifndef COPYCOST_COORDINATOR_CLI_OUTPUT_H_
#define COPYCOST_COORDINATOR_CLI_OUTPUT_H_

#include <cstdio>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace copycost {

class ResultStream {
 public:
  // `out` outlives this.
  explicit ResultStream(std::FILE* out) : out_(out) {}

  // On its way to the reader once it returns OK. The first failure is told by every later call, and
  // nothing is written any more: what a reader gets is whole up to there. SIGPIPE must be ignored
  // for a closed pipe to be told.
  absl::Status Write(absl::string_view text);

 private:
  std::FILE* const out_;
  absl::Status failed_;
};

// The whole of what a command has to say, to stdout. Returns its exit code.
int PrintAnswer(absl::string_view text);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_CLI_OUTPUT_H_
