#include "coordinator/report/json_lines.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/build_info.h"
#include "common/words.h"
#include "coordinator/record/attempt_row.h"
#include "coordinator/record/host_changes.h"
#include "coordinator/report/absence_rows.h"
#include "coordinator/report/ledger_row.h"
#include "coordinator/report/summary_row.h"
#include "coordinator/report/verdict_row.h"

namespace copycost::report {
namespace {

using ::copycost::record::Field;
using ::copycost::record::Row;
using ::copycost::record::Value;
using Members = ::google::protobuf::Map<std::string, ::google::protobuf::Value>;

struct SetMember {
  Members& members;
  const std::string& name;

  void operator()(std::monostate) const {}
  void operator()(const std::string& text) const { members[name].set_string_value(text); }
  void operator()(int64_t number) const {
    members[name].set_number_value(static_cast<double>(number));
  }
  void operator()(double number) const { members[name].set_number_value(number); }
};

std::string Line(const std::string& type, const Row& row) {
  google::protobuf::Struct object;
  Members& members = *object.mutable_fields();
  members["type"].set_string_value(type);
  for (const Field& field : row) std::visit(SetMember{members, field.name}, field.value);
  std::string line;
  // Fails only for numbers that JSON does not have; metrics are finite.
  (void)google::protobuf::util::MessageToJsonString(object, &line);
  line += '\n';
  return line;
}

Value Joined(const std::vector<std::string>& changes) {
  return changes.empty() ? Value() : Value(absl::StrJoin(changes, "; "));
}

// What hosts and programs were not the same for the whole run; absent: they were.
Value ChangesOf(const v1::RunRecord& run) {
  std::vector<std::string> changes;
  for (const v1::Session& session : run.sessions()) {
    changes.insert(changes.end(), session.changes().begin(), session.changes().end());
  }
  return Joined(changes);
}

// Before the first trial; of the busiest host.
Value IdleBusyShareOf(const v1::RunRecord& run) {
  const std::optional<double> share = record::IdleBusyShare(record::FirstSession(run));
  return share.has_value() ? Value(*share) : Value();
}

}  // namespace

std::string TrialLine(const v1::RunRecord& run, const v1::TrialRecord& attempt) {
  return Line("trial", record::AttemptRow(run, attempt));
}

std::string CellLine(const v1::RunRecord& run, const analysis::CellSummary& cell) {
  Row row = SummaryRow(cell);
  row.insert(row.begin(), {"run_id", run.run_id()});
  return Line("cell", row);
}

std::string VerdictLine(const v1::RunRecord& run, const analysis::Claim& claim) {
  Row row = VerdictRow(claim);
  row.insert(row.begin(), {"run_id", run.run_id()});
  return Line("verdict", row);
}

std::string LedgerLines(const v1::RunRecord& run, const analysis::CellLedger& ledger) {
  std::string lines;
  for (Row& row : LedgerRows(ledger)) {
    row.insert(row.begin(), {"run_id", run.run_id()});
    lines += Line("ledger", row);
  }
  return lines;
}

std::string AbsentLines(const record::Run& run) {
  std::string lines;
  for (Row& row : AbsenceRows(run)) {
    row.insert(row.begin(), {"run_id", run.info.run_id()});
    lines += Line("absent", row);
  }
  return lines;
}

std::string RunLine(const record::Run& run) {
  const v1::Experiment& experiment = run.info.plan().experiment();
  const v1::Session& session = record::FirstSession(run.info);
  return Line("run", {{"run_id", run.info.run_id()},
                      {"name", experiment.name()},
                      {"started_utc", record::FormatUtc(session.started_unix_ns())},
                      {"command_line", session.command_line()},
                      {"version", session.version()},
                      {"build_id", session.build_id()},
                      {"topology", experiment.topology()},
                      // As text: JSON readers lose the last digits of 64 bits.
                      {"seed", absl::StrCat(experiment.seed())},
                      {"repeats", int64_t{experiment.repeats()}},
                      {"cells", int64_t{run.info.plan().cells_size()}},
                      {"skipped_cells", int64_t{run.info.plan().skipped_size()}},
                      {"attempts", static_cast<int64_t>(run.attempts.size())},
                      {"sessions", int64_t{run.info.sessions_size()}},
                      {"changes", ChangesOf(run.info)},
                      {"setting_changes", Joined(record::SettingChanges(run.info))},
                      {"idle_busy_share", IdleBusyShareOf(run.info)}});
}

std::string CheckLine(absl::string_view subject, const v1::Check& check) {
  Row row = {{"subject", std::string(subject)},
             {"name", check.name()},
             {"state", Label(check.state())},
             {"found", check.found()}};
  if (!check.remedy().empty()) row.push_back({"remedy", check.remedy()});
  return Line("check", row);
}

std::string DoctorLine(absl::string_view verdict, int exit_code) {
  return Line("doctor", {{"version", std::string(Version())},
                         {"build_id", BuildId()},
                         {"verdict", std::string(verdict)},
                         {"exit_code", int64_t{exit_code}}});
}

}  // namespace copycost::report
