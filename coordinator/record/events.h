// The figures of the events that a run counts: their columns in results.db and results.csv, and
// what an attempt tells in each.
#ifndef COPYCOST_COORDINATOR_RECORD_EVENTS_H_
#define COPYCOST_COORDINATOR_RECORD_EVENTS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "copycost/v1/result.pb.h"

namespace copycost::record {

struct EventColumn {
  enum class Of { kSenders, kReceivers, kHosts };

  std::string column;  // "sender_cycles", "receiver_cycles_user", "host_L1_dcache_load_misses"
  std::string event;
  Of of;
  bool user_only;  // counted in user mode alone
};

// Of each event in turn: of the senders' threads, of the receivers', of the hosts' CPUs. What may
// be counted in user mode alone has columns of its own for threads. Empty where nothing is counted.
std::vector<EventColumn> EventColumnsOf(const v1::Experiment& experiment);

// The part of a column's name that stands for the event: other characters than letters and digits
// become '_'.
std::string ColumnWord(const std::string& event);

// How often the event happened in the window, all threads of the role together, or all CPUs of
// every host. Where the PMU was shared, in proportion to the time it was counted. Absent where it
// was not counted, was counted for less than half of the time, or in the other mode than the
// column's.
absl::StatusOr<double> EventValue(const v1::TrialRecord& trial, const EventColumn& column);

// Whether it is absent because other events took their turn in this trial: the next may have it.
bool IsWaiting(const v1::TrialRecord& trial, const EventColumn& column);

// The share of their windows for which a role's data threads could have run and had no CPU; of all
// threads together. Absent where an agent does not tell.
absl::StatusOr<double> RunDelayShare(const v1::TrialRecord& trial, v1::Role role);

// Whether any event was counted for less than 90 % of the time.
bool IsMultiplexed(const v1::TrialRecord& trial);

}  // namespace copycost::record

#endif  // COPYCOST_COORDINATOR_RECORD_EVENTS_H_
