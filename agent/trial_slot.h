// The trial that runs now, if one does: one at a time, and only under the epoch that holds the
// agent. Thread-safe.
#ifndef COPYCOST_AGENT_TRIAL_SLOT_H_
#define COPYCOST_AGENT_TRIAL_SLOT_H_

#include <condition_variable>
#include <cstdint>

#include "absl/status/status.h"
#include "agent/hold.h"
#include "agent/trial_runner.h"
#include "common/clock.h"
#include "common/mutex.h"

namespace copycost {

class TrialSlot {
 public:
  // Both outlive this.
  TrialSlot(Clock& clock, const Hold& hold) : clock_(clock), hold_(hold) {}

  // `runner` is the one that runs, until it leaves; it outlives that. Aborted, at once, unless
  // `epoch` holds the agent. ResourceExhausted while another trial runs; waits a little for one
  // that is ending, and says Unavailable if that takes longer.
  absl::Status Enter(uint64_t epoch, TrialRunner& runner);

  // Changes nothing unless `runner` is in.
  void Leave(const TrialRunner& runner);

  // Stops the trial that runs under `epoch`. To end a hold, release it first: then no trial of its
  // epoch is in when this returns, nor comes in later, that was not told to stop.
  void AbortUnder(uint64_t epoch, const absl::Status& why);

  // Stops the trial that runs under any other epoch: a hold has been taken over.
  void AbortUnderOthers(uint64_t epoch, const absl::Status& why);

  // Stops whatever runs.
  void Abort(const absl::Status& why);

 private:
  Clock& clock_;
  const Hold& hold_;
  Mutex mutex_;
  std::condition_variable left_;
  TrialRunner* runner_ ABSL_GUARDED_BY(mutex_) = nullptr;
  uint64_t epoch_ ABSL_GUARDED_BY(mutex_) = 0;  // of runner_
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_TRIAL_SLOT_H_
