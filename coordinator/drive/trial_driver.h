// Takes one trial through its agents: barrier, deadlines, retries of transport.
//
//   TrialDriver driver(clock, agents);
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

  // `agents`: sender first, held. Both outlive the driver.
  TrialDriver(Clock& clock, std::vector<FleetAgent>& agents);

  // Attempts from `order.attempt` on, until the trial is over (IsOver in schedule.h) or the driver
  // was interrupted. Returns the last one; an error is one of `on_attempt`.
  absl::StatusOr<v1::TrialRecord> Run(const TrialOrder& order, const OnAttempt& on_attempt);

  // Ends the attempt that runs, as interrupted, and every one that comes. Any thread.
  void Interrupt();
  bool interrupted() const { return interrupted_.load(); }

 private:
  v1::TrialRecord NewRecord(const TrialOrder& order, uint32_t attempt) const;
  absl::Status RunAttempt(v1::TrialRecord& record);
  void Conclude(absl::Status status, v1::TrialRecord& record) const;

  Clock& clock_;
  std::vector<FleetAgent>& agents_;
  std::atomic<bool> interrupted_ = false;
  Mutex mutex_;
  Attempt* running_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_DRIVE_TRIAL_DRIVER_H_
