// What a run leaves behind and says at its end, made from results.db alone.
#ifndef COPYCOST_COORDINATOR_CLI_CONCLUSION_H_
#define COPYCOST_COORDINATOR_CLI_CONCLUSION_H_

#include <string>

#include "absl/status/status.h"
#include "coordinator/cli/output.h"

namespace copycost {

struct Ending {
  absl::Status measured;  // OK: as far as the plan goes, or to the signal
  int signal = 0;         // that interrupted the run; 0: none
};

// Writes results.csv and summary.csv into `directory`, prints the results, and says where they are
// and what to do next. Returns the exit code.
int Conclude(const std::string& directory, const Ending& ending, bool json, ResultStream& results);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_CLI_CONCLUSION_H_
