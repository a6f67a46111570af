// A run from its first trial, or from where it was left, to its end.
#ifndef COPYCOST_COORDINATOR_CLI_CARRY_OUT_H_
#define COPYCOST_COORDINATOR_CLI_CARRY_OUT_H_

#include <memory>
#include <string>
#include <vector>

#include "coordinator/cli/claim.h"
#include "coordinator/cli/output.h"
#include "coordinator/experiment/schedule.h"
#include "coordinator/record/run.h"
#include "coordinator/store/writer.h"

namespace copycost {

// One session of it.
struct RunSession {
  std::string directory;
  v1::RunRecord info;                // as stored; this session is its last
  std::vector<PastAttempt> history;  // of the sessions before
  std::unique_ptr<store::Writer> writer;
  Claim claim;  // held
  bool json = false;
};

// Every trial that is left; then the files, the table and the next command (conclusion.h). Lets the
// agents go, and takes their topology down. Returns the exit code.
int CarryOut(RunSession session);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_CLI_CARRY_OUT_H_
