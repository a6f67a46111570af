#include "coordinator/record/attempt_row.h"

#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "common/axis_values.h"
#include "common/words.h"
#include "coordinator/record/bottleneck.h"
#include "coordinator/record/copies.h"
#include "coordinator/record/ends.h"
#include "coordinator/record/events.h"
#include "coordinator/record/metrics.h"

namespace copycost::record {
namespace {

Value TextOrAbsent(std::string text) {
  if (text.empty()) return {};
  return text;
}

Value NumberOrAbsent(uint32_t number) {
  if (number == 0) return {};
  return int64_t{number};
}

template <typename T>
Value ToldOrAbsent(absl::StatusOr<T> told) {
  if (!told.ok()) return {};
  return *std::move(told);
}

std::string FlagsOf(const v1::TrialRecord& trial) {
  return absl::StrJoin(trial.flags(), " ", [](std::string* out, int flag) {
    out->append(Label(static_cast<v1::Flag>(flag)));
  });
}

std::string AgentsWith(const v1::TrialRecord& trial, v1::Role role) {
  std::vector<std::string> agents;
  for (const v1::AgentRecord& agent : trial.agents()) {
    if (HasEnds(agent, role)) agents.push_back(agent.agent());
  }
  return absl::StrJoin(agents, " ");
}

Value WarmupSeconds(const v1::Workload& workload) {
  if (workload.messages_per_flow() > 0) return {};
  return static_cast<double>(workload.warmup_ns()) / 1e9;
}

Row IdentityFields(const v1::RunRecord& run, const v1::TrialRecord& trial) {
  return {
      {"run_id", run.run_id()},
      {"trial_id", trial.trial_id()},
      {"attempt", int64_t{trial.attempt()}},
      {"block", NumberOrAbsent(trial.block())},
      {"cell_id", NumberOrAbsent(trial.cell_id())},
      {"purpose", Label(trial.purpose())},
      {"outcome", Label(trial.outcome())},
      {"flags", TextOrAbsent(FlagsOf(trial))},
      {"reason", TextOrAbsent(trial.reason())},
      {"started_utc", FormatUtc(trial.started_unix_ns())},
      {"session", NumberOrAbsent(trial.session())},
      {"topology", run.plan().experiment().topology()},
      {"sender_agent", TextOrAbsent(AgentsWith(trial, v1::ROLE_SENDER))},
      {"receiver_agent", TextOrAbsent(AgentsWith(trial, v1::ROLE_RECEIVER))},
  };
}

}  // namespace

Row AxisFields(const v1::Workload& workload) {
  Row row;
  for (AxisValue& axis : AxisValuesOf(workload)) {
    Value value;
    if (axis.number) {
      value = *axis.number;
    } else if (axis.applies) {
      value = std::move(axis.word);
    }
    row.push_back({std::move(axis.axis), std::move(value)});
  }
  return row;
}

Row AttemptRow(const v1::RunRecord& run, const v1::TrialRecord& trial) {
  Row row = IdentityFields(run, trial);
  for (Field& field : AxisFields(trial.workload())) row.push_back(std::move(field));
  row.push_back({"warmup_s", WarmupSeconds(trial.workload())});
  for (const Metric& metric : Metrics()) {
    row.push_back({std::string(metric.column), ToldOrAbsent(metric.of(trial))});
  }
  const absl::StatusOr<v1::Bottleneck> bottleneck = BottleneckOf(trial);
  row.push_back({"bottleneck", bottleneck.ok() ? Value(Label(*bottleneck)) : Value()});
  row.push_back({"delivery_basis", ToldOrAbsent(DeliveryBasis(trial))});
  for (EventColumn& column : EventColumnsOf(run.plan().experiment())) {
    Value value = ToldOrAbsent(EventValue(trial, column));
    row.push_back({std::move(column.column), std::move(value)});
  }
  return row;
}

std::string FormatUtc(int64_t unix_ns) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::FromUnixNanos(unix_ns),
                          absl::UTCTimeZone());
}

}  // namespace copycost::record
