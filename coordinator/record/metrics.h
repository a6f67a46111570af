// The metrics of one attempt: one table, from which the columns of results.db and results.csv, the
// estimates of summary.csv and the terminal's table are made, so that no figure can stand under
// another's name. docs/results.md describes each row to readers; a test compares the two.
//
//   for (const Metric& metric : Metrics()) {
//     if (absl::StatusOr<double> value = metric.of(trial); value.ok()) ...
//   }
#ifndef COPYCOST_COORDINATOR_RECORD_METRICS_H_
#define COPYCOST_COORDINATOR_RECORD_METRICS_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "copycost/v1/result.pb.h"

namespace copycost::record {

struct Metric {
  absl::string_view column;
  absl::string_view unit;
  absl::string_view meaning;
  // The value, finite; or an error whose message is the reason why it cannot be told. Pure.
  absl::StatusOr<double> (*of)(const v1::TrialRecord& trial);
};

// In the order of the columns. Lives as long as the program.
absl::Span<const Metric> Metrics();

}  // namespace copycost::record

#endif  // COPYCOST_COORDINATOR_RECORD_METRICS_H_
