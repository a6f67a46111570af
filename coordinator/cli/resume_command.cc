// copycost resume: goes on with a run that was interrupted, killed or stopped by a fault.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/status.h"
#include "coordinator/cli/carry_out.h"
#include "coordinator/cli/claim.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/conclusion.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/fleet_flags.h"
#include "coordinator/cli/plan_text.h"
#include "coordinator/cli/session.h"
#include "coordinator/experiment/plan.h"
#include "coordinator/experiment/resolve.h"
#include "coordinator/record/identity.h"
#include "coordinator/store/reader.h"

namespace copycost {
namespace {

struct ResumeFlags {
  explicit ResumeFlags(CLI::App& app) : fleet(app) {
    app.add_option("DIR", directory, "the directory of the run")->required();
    app.add_flag("--accept-changes", accept_changes,
                 "go on although hosts or programs are not as they were");
    app.add_flag("-J,--json", json, "JSON lines on stdout instead of the table");
    app.add_flag("--share-host", share_host, "run although another run measures on this host");
  }

  FleetFlags fleet;
  std::string directory;
  bool accept_changes = false;
  bool json = false;
  bool share_host = false;
};

absl::Status CheckChanges(const ResumeFlags& flags, const v1::Session& session) {
  if (session.changes().empty() || flags.accept_changes) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "the run would go on with other hosts or programs: ", absl::StrJoin(session.changes(), "; "),
      ". Their trials stand beside the former ones in every cell; "
      "--accept-changes goes on, verifies anew and says so in the results"));
}

// What is left of the run, and who is to carry it out; nothing of it is stored yet.
absl::Status Claim(ResumeFlags& flags, const record::Run& run, RunSession& session) {
  const v1::Session& before = *run.info.sessions().rbegin();
  const v1::TopologyKind topology = TopologyOf(run.info.plan().experiment());
  if (topology == v1::TOPOLOGY_KIND_HOSTS) flags.fleet.SetKnownAgents(AgentsText(before));
  ASSIGN_OR_RETURN(session.claim, ClaimHosts(flags.fleet, topology, flags.share_host));
  RETURN_IF_ERROR(HoldAll(session.claim.fleet.agents, HoldRequestOf(session.info)));
  ASSIGN_OR_RETURN(v1::Session now, BeginSession(session.claim.fleet.agents, session.info.plan()));
  for (std::string& change : record::ChangesOf(before, now)) now.add_changes(std::move(change));
  RETURN_IF_ERROR(CheckChanges(flags, now));
  *session.info.add_sessions() = std::move(now);
  return absl::OkStatus();
}

// What is read may be anybody's.
absl::Status CheckStored(const v1::RunRecord& run) {
  RETURN_IF_ERROR(CheckPlan(run.plan()));
  if (run.sessions().empty() || run.sessions().rbegin()->agents_size() != 2) {
    return absl::InvalidArgumentError("does not tell who carried the run out, with which agents");
  }
  return absl::OkStatus();
}

bool AnythingLeft(const record::Run& run) {
  return Next(run.info.plan(), HistoryOf(run), {}).has_value();
}

absl::StatusOr<int> Resume(ResumeFlags& flags) {
  const std::string path = absl::StrCat(flags.directory, "/results.db");
  if (::access(path.c_str(), F_OK) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("DIR: ", ErrnoStatus(path).message(), "; name the directory of a run"));
  }
  RunSession session;
  session.directory = flags.directory;
  session.json = flags.json;
  ASSIGN_OR_RETURN(session.writer, store::Writer::Open(path));
  ASSIGN_OR_RETURN(record::Run run, store::Read(path));
  RETURN_IF_ERROR(Annotate(CheckStored(run.info), path));
  if (!AnythingLeft(run)) {
    Log(absl::StrCat("nothing is left to do of run ", run.info.run_id()));
    session.writer.reset();
    ResultStream results(stdout);
    return Conclude(flags.directory, {}, flags.json, results);
  }
  session.info = run.info;
  RETURN_IF_ERROR(Claim(flags, run, session));
  RETURN_IF_ERROR(session.writer->Update(session.info));
  run.info = session.info;
  session.history = HistoryOf(run);
  for (const std::string& warning : Warnings(*run.info.sessions().rbegin())) Log(warning);
  Log(absl::StrCat("run ", run.info.run_id(), " goes on after ", run.attempts.size(),
                   " attempts; of the whole plan: ", PlanSummary(run.info.plan())));
  return CarryOut(std::move(session));
}

int Execute(ResumeFlags& flags) {
  const absl::StatusOr<int> code = Resume(flags);
  if (code.ok()) return *code;
  Log(code.status().message());
  return ExitCodeOf(code.status());
}

}  // namespace

Command AddResumeCommand(CLI::App& app) {
  CLI::App& command = *app.add_subcommand("resume", "go on with a run that was left");
  auto flags = std::make_shared<ResumeFlags>(command);
  return {.app = &command, .execute = [flags] { return Execute(*flags); }};
}

}  // namespace copycost
