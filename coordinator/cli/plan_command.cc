// copycost plan: what a run would do. Agents are asked what they can, nothing is measured.
#include <CLI/CLI.hpp>
#include <memory>

#include "absl/strings/str_cat.h"
#include "common/log.h"
#include "common/status.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/experiment_flags.h"
#include "coordinator/cli/fleet_flags.h"
#include "coordinator/cli/fleet_limits.h"
#include "coordinator/cli/output.h"
#include "coordinator/cli/plan_text.h"
#include "coordinator/experiment/plan.h"
#include "coordinator/experiment/resolve.h"

namespace copycost {
namespace {

struct PlanFlags {
  explicit PlanFlags(CLI::App& app) : experiment(app), fleet(app) {}

  ExperimentFlags experiment;
  FleetFlags fleet;
};

absl::StatusOr<v1::Plan> PlanHere(const PlanFlags& flags) {
  ASSIGN_OR_RETURN(const LoadedExperiment loaded, flags.experiment.Load(flags.fleet.kind()));
  const absl::StatusOr<RunningFleet> fleet = flags.fleet.BringUp(TopologyOf(loaded.experiment));
  if (fleet.ok()) return MakePlan(loaded, LimitsOf(fleet->agents));
  if (absl::IsInvalidArgument(fleet.status())) return fleet.status();
  Log(absl::StrCat("planning without knowing the hosts: ", fleet.status().message()));
  return MakePlan(loaded, HostLimits());
}

int Plan(const PlanFlags& flags) {
  const absl::StatusOr<v1::Plan> plan = PlanHere(flags);
  if (!plan.ok()) {
    Log(plan.status().message());
    return ExitCodeOf(plan.status());
  }
  return PrintAnswer(PlanText(*plan));
}

}  // namespace

Command AddPlanCommand(CLI::App& app) {
  CLI::App& command = *app.add_subcommand("plan", "what a run would do; measures nothing");
  auto flags = std::make_shared<PlanFlags>(command);
  return {.app = &command, .execute = [flags] { return Plan(*flags); }};
}

}  // namespace copycost
