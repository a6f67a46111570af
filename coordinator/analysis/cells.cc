#include "coordinator/analysis/cells.h"

#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/units.h"
#include "common/words.h"
#include "coordinator/analysis/latest_attempts.h"
#include "coordinator/record/bottleneck.h"
#include "coordinator/record/verified_path.h"

namespace copycost::analysis {
namespace {

using Attempts = std::vector<const v1::TrialRecord*>;

template <typename Figure>
absl::StatusOr<std::vector<double>> ValuesOf(const Figure& figure, const Attempts& counted) {
  std::vector<double> values;
  absl::Status why;
  for (const v1::TrialRecord* trial : counted) {
    absl::StatusOr<double> value = figure(*trial);
    if (value.ok()) {
      values.push_back(*value);
    } else if (why.ok()) {
      why = value.status();
    }
  }
  if (why.ok()) return values;
  if (values.empty()) return why;
  return absl::Status(why.code(), absl::StrCat("not told by ", counted.size() - values.size(),
                                               " of ", counted.size(), " trials: ", why.message()));
}

MetricSummary SummaryOf(const record::Metric& metric, const Attempts& counted) {
  const absl::StatusOr<std::vector<double>> values = ValuesOf(metric.of, counted);
  if (!values.ok()) return {&metric, values.status(), values.status()};
  return {&metric, Median(*values), MedianInterval(*values)};
}

EventSummary SummaryOf(const record::EventColumn& column, const Attempts& counted) {
  Attempts in_turn;
  for (const v1::TrialRecord* trial : counted) {
    if (!record::IsWaiting(*trial, column)) in_turn.push_back(trial);
  }
  absl::StatusOr<std::vector<double>> values = ValuesOf(
      [&column](const v1::TrialRecord& trial) { return record::EventValue(trial, column); },
      in_turn);
  if (values.ok() && values->empty()) {
    values = absl::FailedPreconditionError("other events took their turn in every trial");
  }
  if (!values.ok()) return {column, 0, values.status(), values.status()};
  return {column, static_cast<int>(values->size()), Median(*values), MedianInterval(*values)};
}

void TellNothing(const v1::Experiment& experiment, CellSummary& summary) {
  const absl::Status why = absl::FailedPreconditionError(summary.reason);
  for (const record::Metric& metric : record::Metrics()) {
    summary.metrics.push_back({&metric, why, why});
  }
  for (record::EventColumn& column : record::EventColumnsOf(experiment)) {
    summary.events.push_back({std::move(column), 0, why, why});
  }
}

std::string FailureOf(const v1::TrialRecord& attempt) {
  return absl::StrCat(Label(attempt.outcome()),
                      attempt.reason().empty() ? "" : absl::StrCat(": ", attempt.reason()));
}

// Empty when the verifications of the cell's path went well, or there were none.
std::string FailedVerification(const Attempts& latest, const v1::Cell& cell) {
  for (const v1::TrialRecord* trial : latest) {
    if (trial->purpose() != v1::PURPOSE_VERIFY || trial->outcome() == v1::OUTCOME_OK) continue;
    if (record::PathOf(trial->workload()) != record::PathOf(cell.workload())) continue;
    return absl::StrCat("verification of ", Label(cell.workload().send_mode()), " to ",
                        Label(cell.workload().receive_mode()), " at ",
                        FormatBytes(trial->workload().message_bytes()), " ", FailureOf(*trial));
  }
  return "";
}

std::string WhyNotMeasured(const Attempts& latest, const v1::Cell& cell, const Attempts& own) {
  std::string verification = FailedVerification(latest, cell);
  if (!verification.empty()) return verification;
  if (own.empty()) return "no trial was run";
  return absl::StrCat("no trial was ok; the last was ", FailureOf(*own.back()));
}

void Count(const v1::TrialRecord& trial, CellSummary& summary) {
  ++summary.n;
  for (int flag : trial.flags()) ++summary.flags[static_cast<v1::Flag>(flag)];
  const absl::StatusOr<v1::Bottleneck> bottleneck = record::BottleneckOf(trial);
  if (bottleneck.ok()) ++summary.bottlenecks[*bottleneck];
}

CellSummary Summarize(const v1::Experiment& experiment, const v1::Cell& cell,
                      const Attempts& latest) {
  CellSummary summary;
  summary.cell = cell;
  Attempts own, counted;
  for (const v1::TrialRecord* trial : latest) {
    if (trial->purpose() != v1::PURPOSE_MEASURE || trial->cell_id() != cell.id()) continue;
    own.push_back(trial);
    ++summary.outcomes[trial->outcome()];
    if (trial->outcome() != v1::OUTCOME_OK) continue;
    counted.push_back(trial);
    Count(*trial, summary);
  }
  if (counted.empty()) {
    summary.reason = WhyNotMeasured(latest, cell, own);
    TellNothing(experiment, summary);
    return summary;
  }
  for (const record::Metric& metric : record::Metrics()) {
    summary.metrics.push_back(SummaryOf(metric, counted));
  }
  for (const record::EventColumn& column : record::EventColumnsOf(experiment)) {
    summary.events.push_back(SummaryOf(column, counted));
  }
  return summary;
}

CellSummary Skipped(const v1::Experiment& experiment, const v1::SkippedCell& skipped) {
  CellSummary summary;
  *summary.cell.mutable_workload() = skipped.workload();
  summary.cell.set_label(skipped.label());
  summary.reason = absl::StrCat("skipped: ", skipped.reason());
  TellNothing(experiment, summary);
  return summary;
}

}  // namespace

std::vector<CellSummary> Summarize(const record::Run& run) {
  const Attempts latest = LatestAttempts(run);
  std::vector<CellSummary> cells;
  const v1::Plan& plan = run.info.plan();
  for (const v1::Cell& cell : plan.cells()) {
    cells.push_back(Summarize(plan.experiment(), cell, latest));
  }
  for (const v1::SkippedCell& cell : plan.skipped()) {
    cells.push_back(Skipped(plan.experiment(), cell));
  }
  return cells;
}

const MetricSummary& MetricOf(const CellSummary& cell, absl::string_view column) {
  for (const MetricSummary& metric : cell.metrics) {
    if (metric.metric->column == column) return metric;
  }
  std::abort();  // a bug of ours: the names are in our own code
}

}  // namespace copycost::analysis
