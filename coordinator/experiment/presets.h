// The experiments that come with the program.
#ifndef COPYCOST_COORDINATOR_EXPERIMENT_PRESETS_H_
#define COPYCOST_COORDINATOR_EXPERIMENT_PRESETS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "copycost/v1/experiment.pb.h"

namespace copycost {

struct Preset {
  std::string description;    // one line
  v1::Experiment experiment;  // unresolved; its name is the preset's
};

// The default one comes first.
absl::Span<const Preset> Presets();

// InvalidArgument lists the presets there are.
absl::StatusOr<v1::Experiment> PresetExperiment(absl::string_view name);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_EXPERIMENT_PRESETS_H_
