#include "coordinator/cli/run_session.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/build_info.h"
#include "common/log.h"
#include "common/status.h"
#include "common/units.h"
#include "common/utf8.h"
#include "coordinator/analysis/cells.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/fleet_limits.h"
#include "coordinator/cli/plan_text.h"
#include "coordinator/cli/progress.h"
#include "coordinator/cli/run_directory.h"
#include "coordinator/cli/terminal.h"
#include "coordinator/drive/flow_layout.h"
#include "coordinator/experiment/plan.h"
#include "coordinator/experiment/resolve.h"
#include "coordinator/experiment/schedule.h"
#include "coordinator/report/csv.h"
#include "coordinator/report/file.h"
#include "coordinator/report/json_lines.h"
#include "coordinator/report/table.h"
#include "coordinator/store/reader.h"

namespace copycost {
namespace {

std::string CommandLine() {
  std::ifstream file("/proc/self/cmdline");
  std::string text;
  std::getline(file, text, '\0');
  for (std::string word; std::getline(file, word, '\0');) absl::StrAppend(&text, " ", word);
  return ToUtf8(text);
}

// Told to others who want the agents or the host.
std::string Holder() {
  char host[256] = {};
  ::gethostname(host, sizeof(host) - 1);
  return ToUtf8(absl::StrCat("user ", ::geteuid(), " on ", host, ", process ", ::getpid(), " (",
                             CommandLine().substr(0, 120), ")"));
}

bool IsOnThisHost(const FleetAgent& agent) { return agent.shares_our_clock; }

bool Incomplete(absl::Span<const analysis::CellSummary> cells) {
  for (const analysis::CellSummary& cell : cells) {
    if (cell.cell.id() == 0) continue;  // the plan said it would be skipped
    if (cell.n == 0 || cell.outcomes.size() > 1) return true;
  }
  return false;
}

}  // namespace

RunSession::RunSession(CLI::App& app) : experiment_flags_(app), fleet_flags_(app) {
  app.add_option("-o,--out", out_flag_, "directory for the results [copycost-runs/TIME-NAME]");
  app.add_flag("-J,--json", json_, "JSON lines on stdout instead of the table");
  app.add_flag("--share-host", share_host_, "run although another run measures on this host");
}

std::string RunSession::PathOf(absl::string_view file) const {
  return absl::StrCat(directory_, "/", file);
}

absl::StatusOr<int> RunSession::Run() {
  RETURN_IF_ERROR(Prepare());
  absl::Status measured;
  int signal = 0;
  {
    TrialDriver driver(clock_, fleet_.agents);
    SignalWatch signals([&driver] { driver.Interrupt(); });
    measured = MeasureAll(driver, signals);
    signal = signals.received();
  }
  writer_.reset();
  fleet_.agents.clear();  // leases and channels, while the agents live
  fleet_.topology.reset();
  return Conclude(measured, signal);
}

// Everything that can be refused, before anything is left behind.
absl::Status RunSession::Prepare() {
  ASSIGN_OR_RETURN(const LoadedExperiment loaded, experiment_flags_.Load(fleet_flags_.kind()));
  BlockSignals();  // one that comes while the rest is prepared is taken once trials could run
  const v1::TopologyKind topology = TopologyOf(loaded.experiment);
  if (topology == v1::TOPOLOGY_KIND_NAMESPACES) RETURN_IF_ERROR(LockHost());
  ASSIGN_OR_RETURN(fleet_, fleet_flags_.BringUp(topology));
  // Agents of other hosts are their own locks; on this host a run in namespaces may be measuring.
  if (std::any_of(fleet_.agents.begin(), fleet_.agents.end(), IsOnThisHost)) {
    RETURN_IF_ERROR(LockHost());
  }
  ASSIGN_OR_RETURN(v1::Plan plan, MakePlan(loaded, LimitsOf(fleet_.agents)));
  record_ = MakeRunRecord(std::move(plan));
  v1::HoldRequest request;
  request.set_holder(Holder());
  request.set_run_id(record_.run_id());
  request.set_token(record_.hold_token());
  RETURN_IF_ERROR(HoldAll(fleet_.agents, request));
  ASSIGN_OR_RETURN(directory_, MakeRunDirectory(out_flag_, record_.run_id()));
  // First what tells another run that the directory is taken.
  ASSIGN_OR_RETURN(writer_, store::Writer::Create(PathOf("results.db"), record_));
  return report::WriteAtomically(PathOf("experiment.textproto"),
                                 ExperimentText(record_.plan().experiment()));
}

absl::Status RunSession::LockHost() {
  if (share_host_ || lock_.has_value()) return absl::OkStatus();
  ASSIGN_OR_RETURN(lock_, HostLock::Take(Holder()));
  return absl::OkStatus();
}

v1::RunRecord RunSession::MakeRunRecord(v1::Plan plan) const {
  v1::RunRecord record;
  const absl::Time now = clock_.WallNow();
  record.set_hold_token(RandomNonce());
  record.set_run_id(MakeRunId(plan.experiment().name(), now));
  record.set_started_unix_ns(absl::ToUnixNanos(now));
  *record.mutable_plan() = std::move(plan);
  record.set_command_line(CommandLine());
  record.set_version(std::string(Version()));
  record.set_build_id(BuildId());
  for (const FleetAgent& agent : fleet_.agents) {
    v1::AgentInfo& info = *record.add_agents();
    info.set_agent(agent.member.name);
    info.set_address(agent.member.address);
    *info.mutable_description() = agent.description;
    info.set_clock_offset_ns(absl::ToInt64Nanoseconds(agent.clock.offset));
    info.set_clock_error_ns(absl::ToInt64Nanoseconds(agent.clock.error));
  }
  return record;
}

// OK when the schedule is done, or a signal has come; else the fault that stopped it. A reader of
// JSON lines who has gone (`| head`) is one: nobody wants the rest, and what was measured is kept.
absl::Status RunSession::MeasureAll(TrialDriver& driver, const SignalWatch& signals) {
  Log(PlanSummary(record_.plan()));
  Progress progress(clock_, record_.plan(), IsTerminal(STDERR_FILENO), WidthOf(STDERR_FILENO));
  Schedule schedule(record_.plan());
  while (signals.received() == 0) {
    const std::optional<TrialOrder> order = schedule.Next({});
    if (!order.has_value()) break;
    const auto store = [&](const v1::TrialRecord& attempt) -> absl::Status {
      RETURN_IF_ERROR(writer_->Append(attempt));
      const PastAttempt past = PastAttemptOf(attempt);
      schedule.Record(past);
      progress.Tell(attempt, IsOver(past), schedule.PassedOver());
      return json_ ? results_.Write(report::TrialLine(record_, attempt)) : absl::OkStatus();
    };
    ASSIGN_OR_RETURN(const v1::TrialRecord last, driver.Run(*order, store));
    if (last.transport_failure()) {
      return absl::UnavailableError(
          absl::StrCat("trial ", last.trial_id(), " could not be carried out: ", last.reason()));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<int> RunSession::Conclude(const absl::Status& measured, int signal) {
  if (!measured.ok()) Log(measured.message());
  absl::StatusOr<record::Run> run = store::Read(PathOf("results.db"));
  absl::Status written = run.status();
  std::vector<analysis::CellSummary> cells;
  if (run.ok()) {
    cells = analysis::Summarize(*run);
    written = report::WriteAtomically(PathOf("results.csv"), report::ResultsCsv(*run));
    if (written.ok()) {
      written = report::WriteAtomically(PathOf("summary.csv"), report::SummaryCsv(cells));
    }
  }
  if (!written.ok()) {
    Log(written.message());
    return kExitFault;
  }
  const absl::Status told = PrintResults(*run, cells);
  if (!told.ok() && told != measured) Log(told.message());  // else it is what stopped the run
  Log(absl::StrCat("results: ", directory_, "/ (results.csv, summary.csv, results.db)"));
  Log(absl::StrCat("the same again: copycost run ", PathOf("experiment.textproto")));
  if (signal != 0) return kExitSignalBase + signal;
  if (!measured.ok() || !told.ok()) return kExitFault;
  return Incomplete(cells) ? kExitIncomplete : kExitDone;
}

absl::Status RunSession::PrintResults(const record::Run& run,
                                      absl::Span<const analysis::CellSummary> cells) {
  if (!json_) {
    return results_.Write(absl::StrCat(report::SummaryTable(cells, WidthOf(STDOUT_FILENO)),
                                       CommonLine(record_.plan())));
  }
  for (const analysis::CellSummary& cell : cells) {
    RETURN_IF_ERROR(results_.Write(report::CellLine(record_, cell)));
  }
  return results_.Write(report::RunLine(run));
}

}  // namespace copycost
