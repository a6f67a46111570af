// A run, cell by cell: what its trials say together. Pure.
//
// What counts: the latest attempt of each trial, when the trial measures and its outcome is ok. A
// trial is one observation.
#ifndef COPYCOST_COORDINATOR_ANALYSIS_CELLS_H_
#define COPYCOST_COORDINATOR_ANALYSIS_CELLS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "coordinator/analysis/order_statistics.h"
#include "coordinator/record/events.h"
#include "coordinator/record/metrics.h"
#include "coordinator/record/run.h"

namespace copycost::analysis {

// Errors carry the reason as their message.
struct MetricSummary {
  const record::Metric* metric;
  absl::StatusOr<double> median;
  absl::StatusOr<Interval> interval;  // 95 %, of the median
};

// Of those of the trials that count in which it was the event's turn.
struct EventSummary {
  record::EventColumn column;
  int n = 0;
  absl::StatusOr<double> median;
  absl::StatusOr<Interval> interval;  // 95 %, of the median
};

struct CellSummary {
  v1::Cell cell;                              // id 0 for a cell that the plan skipped
  int n = 0;                                  // trials that count
  std::vector<MetricSummary> metrics;         // all of record::Metrics(), in their order
  std::vector<EventSummary> events;           // all columns of the run, in their order
  std::map<v1::Flag, int> flags;              // of the trials that count
  std::map<v1::Bottleneck, int> bottlenecks;  // likewise, where one is told
  std::map<v1::Outcome, int> outcomes;        // of the latest attempts of its measure trials
  std::string reason;                         // why nothing was measured; empty when n > 0
};

// One for each cell of the plan, then one for each skipped cell. A metric, or an event whose turn
// it was, that cannot be told for one of the trials that count is not told for the cell: what could
// be told may be a selection.
std::vector<CellSummary> Summarize(const record::Run& run);

// The summary of the metric of this column. It must exist.
const MetricSummary& MetricOf(const CellSummary& cell, absl::string_view column);

}  // namespace copycost::analysis

#endif  // COPYCOST_COORDINATOR_ANALYSIS_CELLS_H_
