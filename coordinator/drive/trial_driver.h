// Takes one trial through its agents: barrier, deadlines, retries of transport. After an attempt
// that lost an agent it waits for the agent's return, then holds all of them anew.
//
//   TrialDriver driver(clock, agents, {.hold = request});
//   ASSIGN_OR_RETURN(outcome, driver.Run(order, [&](const v1::TrialRecord& attempt) {
//     return writer.Append(attempt);
//   }));
#ifndef COPYCOST_COORDINATOR_DRIVE_TRIAL_DRIVER_H_
#define COPYCOST_COORDINATOR_DRIVE_TRIAL_DRIVER_H_

#include <atomic>
#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "coordinator/experiment/schedule.h"
#include "coordinator/fleet/inventory.h"
#include "copycost/v1/result.pb.h"

namespace copycost {

class Attempt;

class TrialDriver {
 public:
  // Called for every attempt before the next thing happens; an error ends the run.
  using OnAttempt = std::function<absl::Status(const v1::TrialRecord&)>;

  struct Options {
    v1::HoldRequest hold;                             // what the agents are held with
    uint32_t session = 1;                             // of the run
    std::vector<v1::EventGroup> events = {};          // counted in trials that measure
    uint32_t ledger_hz = 0;                           // samples a second in trials for the ledger
    absl::Duration return_limit = absl::Seconds(60);  // how long a lost agent is waited for
    // Told when that begins.
    std::function<void(absl::string_view)> on_waiting = [](absl::string_view) {};
  };

  // `agents`: sender first, held. Both outlive the driver.
  TrialDriver(Clock& clock, std::vector<FleetAgent>& agents, Options options);

  // Attempts from `order.attempt` on, until the trial is over (IsOver in schedule.h) or the driver
  // was interrupted. Returns the last one. An error is one of `on_attempt`, or of RestoreAgents:
  // the trial is then left to be gone on with.
  absl::StatusOr<v1::TrialRecord> Run(const TrialOrder& order, const OnAttempt& on_attempt);

  // Ends the attempt that runs, as interrupted, and every one that comes. Any thread.
  void Interrupt();
  bool interrupted() const { return interrupted_.load(); }

 private:
  absl::Status Restore();
  v1::TrialRecord NewRecord(const TrialOrder& order, uint32_t attempt) const;
  void AddInstruments(v1::TrialRecord& record) const;
  void AddSampling(v1::TrialRecord& record) const;
  absl::Status LayOut(v1::TrialRecord& record) const;
  absl::Status RunAttempt(v1::TrialRecord& record);
  void Conclude(absl::Status status, v1::TrialRecord& record);

  Clock& clock_;
  std::vector<FleetAgent>& agents_;
  const Options options_;
  bool lost_agent_ = false;  // by the last attempt
  std::atomic<bool> interrupted_ = false;
  Mutex mutex_;
  Attempt* running_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_DRIVE_TRIAL_DRIVER_H_
