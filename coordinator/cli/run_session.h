// One run, from the flags to the files it leaves behind.
#ifndef COPYCOST_COORDINATOR_CLI_RUN_SESSION_H_
#define COPYCOST_COORDINATOR_CLI_RUN_SESSION_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/clock.h"
#include "coordinator/analysis/cells.h"
#include "coordinator/cli/experiment_flags.h"
#include "coordinator/cli/fleet_flags.h"
#include "coordinator/cli/host_lock.h"
#include "coordinator/cli/output.h"
#include "coordinator/cli/signals.h"
#include "coordinator/drive/trial_driver.h"
#include "coordinator/record/run.h"
#include "coordinator/store/writer.h"

namespace CLI {
class App;
}

namespace copycost {

class RunSession {
 public:
  // Adds run's flags to `app`, which then points into this object.
  explicit RunSession(CLI::App& app);
  RunSession(const RunSession&) = delete;
  RunSession& operator=(const RunSession&) = delete;

  // The exit code. An error: nothing could start.
  absl::StatusOr<int> Run();

 private:
  absl::Status Prepare();
  absl::Status LockHost();
  v1::RunRecord MakeRunRecord(v1::Plan plan) const;
  absl::Status MeasureAll(TrialDriver& driver, const SignalWatch& signals);
  absl::StatusOr<int> Conclude(const absl::Status& measured, int signal);
  absl::Status PrintResults(const record::Run& run, absl::Span<const analysis::CellSummary> cells);
  std::string PathOf(absl::string_view file) const;

  ExperimentFlags experiment_flags_;
  FleetFlags fleet_flags_;
  std::string out_flag_;
  bool json_ = false;
  bool share_host_ = false;

  RealClock clock_;
  std::optional<HostLock> lock_;
  RunningFleet fleet_;
  v1::RunRecord record_;
  std::string directory_;
  std::unique_ptr<store::Writer> writer_;
  ResultStream results_{stdout};
};

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_CLI_RUN_SESSION_H_
