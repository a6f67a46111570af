// Which trial comes next. Pure: the answer follows from the plan and from what has been attempted,
// so that resuming a run is replaying its stored history.
//
// All verifications come first, in the plan's order ("v01", "v02" ...), then the blocks: each runs
// every cell once, shuffled by the plan's seed and the block's number ("b003-c017": block 3, cell
// 17). Where there is to be a ledger, a block then runs every cell once more, in the same order
// ("l003-c017"). A block is begun when of the one before only trials that are running remain.
//
// IsOver says which attempt ends its trial. A trial that was left before (by an interrupt, or by
// the coordinator's end between two attempts) is ordered again, and its attempts are counted on.
// The cells of a path are passed over when one of its verifications is over without an attempt that
// was OK, and wait while one is still running.
#ifndef COPYCOST_COORDINATOR_EXPERIMENT_SCHEDULE_H_
#define COPYCOST_COORDINATOR_EXPERIMENT_SCHEDULE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "absl/types/span.h"
#include "coordinator/record/run.h"
#include "copycost/v1/result.pb.h"

namespace copycost {

struct TrialOrder {
  std::string trial_id;
  uint32_t block;    // from 1; 0 for verifications
  uint32_t cell_id;  // from 1; 0 for verifications
  v1::Purpose purpose;
  v1::Workload workload;
  uint32_t attempt = 1;             // the number of its next one
  uint32_t transport_failures = 0;  // that count against it (v1::TrialRecord)
};

struct PastAttempt {
  std::string trial_id;
  v1::Outcome outcome;
  uint32_t attempt = 1;            // its number
  bool transport_failure = false;  // this and the next: see v1::TrialRecord
  uint32_t transport_failures = 0;
};

PastAttempt PastAttemptOf(const v1::TrialRecord& attempt);

// What a run that is resumed has behind it. Verifications made before its hosts or programs changed
// say nothing about the paths of today: they are open again, under the numbers that follow.
std::vector<PastAttempt> HistoryOf(const record::Run& run);

// Failures of transport that a trial may have.
inline constexpr uint32_t kMostTransportFailures = 3;

// Whether there is no other attempt after this one. Only an interrupted attempt and a failure of
// transport leave their trial open, the latter while there were fewer than kMostTransportFailures;
// for its value or for any other failure no trial is repeated.
bool IsOver(const PastAttempt& attempt);

// A verification that is over and was not OK: why the cells of its path are not measured. The
// reason is in the record of the trial.
struct FailedVerification {
  std::string trial_id;
  v1::Workload workload;
  v1::Outcome outcome;  // of its last attempt
};

// Keeps its place between calls: a whole run takes time proportional to its trials. For one thread.
class Schedule {
 public:
  // `plan` outlives the schedule.
  explicit Schedule(const v1::Plan& plan);

  // Attempts at trials the plan does not have are of no effect.
  void Record(const PastAttempt& attempt);

  // The next trial that is neither over nor in `busy`. None: the run is complete if `busy` is
  // empty; else ask again after the next Record.
  std::optional<TrialOrder> Next(const std::set<std::string>& busy);

  std::vector<FailedVerification> FailedVerifications() const;

  // Trials of the cells that are passed over.
  uint64_t PassedOver() const;

 private:
  struct Verification {
    std::string trial_id;
    size_t path;
    v1::Outcome outcome;  // unspecified until it is over
  };
  struct Path {
    uint64_t cells = 0;
    uint32_t open = 0;    // verifications that are not over
    uint32_t failed = 0;  // over, and not OK
  };
  enum class Standing { kReady, kBusy, kWaiting, kSettled };

  void RecordVerification(Verification& verification, v1::Outcome outcome);
  std::optional<TrialOrder> NextVerification(const std::set<std::string>& busy);
  std::optional<TrialOrder> NextOfBlocks(const std::set<std::string>& busy);
  void SetAttempt(TrialOrder& order) const;
  bool AnythingToMeasure() const;
  // Trials of a block, by their position in it.
  size_t Positions() const;
  TrialOrder OrderAt(uint32_t block, size_t position);
  Standing StandingOf(const TrialOrder& order, const std::set<std::string>& busy) const;
  const std::vector<uint32_t>& OrderOf(uint32_t block);
  void Rewind();
  void PassSettled();

  const v1::Plan& plan_;
  std::vector<Path> paths_;
  std::vector<size_t> path_of_cell_;
  std::vector<Verification> verifications_;
  std::unordered_map<std::string, size_t> verification_of_id_;
  std::unordered_set<std::string> over_;  // trials of blocks
  // The latest attempt at each trial that was attempted and is not over.
  struct LeftOpen {
    uint32_t attempt = 0;
    uint32_t transport_failures = 0;
  };
  std::unordered_map<std::string, LeftOpen> left_open_;

  // Everything before this is settled: over, or passed over.
  size_t next_verification_ = 0;
  uint32_t block_ = 1;
  size_t position_ = 0;
  // Of block_ and those after it that have been looked into.
  std::map<uint32_t, std::vector<uint32_t>> orders_;
};

// The same for a history at once; a loop over trials keeps a Schedule.
std::optional<TrialOrder> Next(const v1::Plan& plan, absl::Span<const PastAttempt> history,
                               const std::set<std::string>& busy);

std::vector<FailedVerification> FailedVerifications(const v1::Plan& plan,
                                                    absl::Span<const PastAttempt> history);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_EXPERIMENT_SCHEDULE_H_
