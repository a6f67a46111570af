#include "coordinator/cli/presets_text.h"

#include "absl/strings/str_cat.h"
#include "common/status.h"
#include "coordinator/cli/plan_text.h"
#include "coordinator/experiment/load.h"
#include "coordinator/experiment/plan.h"
#include "coordinator/experiment/presets.h"
#include "coordinator/experiment/resolve.h"

namespace copycost {

absl::StatusOr<std::string> PresetsText() {
  std::string text;
  for (const Preset& preset : Presets()) {
    LoadedExperiment loaded{.experiment = preset.experiment, .places = {}};
    RETURN_IF_ERROR(Resolve(loaded));
    ASSIGN_OR_RETURN(const v1::Plan plan, MakePlan(loaded, HostLimits()));
    absl::StrAppend(&text, PlanSummary(plan), "  ", preset.description, "\n");
  }
  return text;
}

}  // namespace copycost
