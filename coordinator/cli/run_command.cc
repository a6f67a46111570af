// copycost run: from an experiment to its results.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/status.h"
#include "coordinator/cli/carry_out.h"
#include "coordinator/cli/claim.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/experiment_flags.h"
#include "coordinator/cli/fleet_limits.h"
#include "coordinator/cli/plan_text.h"
#include "coordinator/cli/run_directory.h"
#include "coordinator/cli/session.h"
#include "coordinator/drive/flow_layout.h"
#include "coordinator/experiment/plan.h"
#include "coordinator/experiment/resolve.h"
#include "coordinator/report/file.h"

namespace copycost {
namespace {

struct RunFlags {
  explicit RunFlags(CLI::App& app) : experiment(app), fleet(app) {
    app.add_option("-o,--out", out, "directory for the results [copycost-runs/TIME-NAME]");
    app.add_flag("-J,--json", json, "JSON lines on stdout instead of the table");
    app.add_flag("--share-host", share_host, "run although another run measures on this host");
  }

  ExperimentFlags experiment;
  FleetFlags fleet;
  std::string out;
  bool json = false;
  bool share_host = false;
};

// Without its session: that begins once the hosts are held.
v1::RunRecord MakeRunRecord(v1::Plan plan) {
  v1::RunRecord record;
  record.set_hold_token(RandomNonce());
  record.set_run_id(MakeRunId(plan.experiment().name(), RealClock().WallNow()));
  *record.mutable_plan() = std::move(plan);
  return record;
}

// Everything that can be refused, before anything is left behind.
absl::StatusOr<RunSession> Begin(const RunFlags& flags) {
  RunSession session;
  ASSIGN_OR_RETURN(const LoadedExperiment loaded, flags.experiment.Load(flags.fleet.kind()));
  ASSIGN_OR_RETURN(session.claim,
                   ClaimHosts(flags.fleet, TopologyOf(loaded.experiment), flags.share_host));
  std::vector<FleetAgent>& agents = session.claim.fleet.agents;
  ASSIGN_OR_RETURN(v1::Plan plan, MakePlan(loaded, LimitsOf(agents)));
  session.info = MakeRunRecord(std::move(plan));
  RETURN_IF_ERROR(HoldAll(agents, HoldRequestOf(session.info)));
  ASSIGN_OR_RETURN(*session.info.add_sessions(), BeginSession(agents, session.info.plan()));
  ASSIGN_OR_RETURN(session.directory, MakeRunDirectory(flags.out, session.info.run_id()));
  if (flags.out.empty())
    session.info.set_run_id(std::filesystem::path(session.directory).filename());
  // First what tells another run that the directory is taken.
  ASSIGN_OR_RETURN(
      session.writer,
      store::Writer::Create(absl::StrCat(session.directory, "/results.db"), session.info));
  RETURN_IF_ERROR(report::WriteAtomically(absl::StrCat(session.directory, "/experiment.textproto"),
                                          ExperimentText(session.info.plan().experiment())));
  session.json = flags.json;
  return session;
}

int Run(const RunFlags& flags) {
  absl::StatusOr<RunSession> session = Begin(flags);
  if (!session.ok()) {
    Log(session.status().message());
    return ExitCodeOf(session.status());
  }
  Log(PlanSummary(session->info.plan()));
  if (const std::string few = TooFewBlocks(session->info.plan()); !few.empty()) Log(few);
  for (const std::string& warning : Warnings(session->info.sessions(0))) Log(warning);
  return CarryOut(*std::move(session));
}

}  // namespace

Command AddRunCommand(CLI::App& app) {
  CLI::App& command = *app.add_subcommand("run", "measure an experiment");
  auto flags = std::make_shared<RunFlags>(command);
  return {.app = &command, .execute = [flags] { return Run(*flags); }};
}

}  // namespace copycost
