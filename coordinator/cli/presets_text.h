// The presets there are, for `copycost presets`.
#ifndef COPYCOST_COORDINATOR_CLI_PRESETS_TEXT_H_
#define COPYCOST_COORDINATOR_CLI_PRESETS_TEXT_H_

#include <string>

#include "absl/status/statusor.h"

namespace copycost {

// Each with its description and what it amounts to on a host that lacks nothing. Fails only when a
// preset is broken.
absl::StatusOr<std::string> PresetsText();

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_CLI_PRESETS_TEXT_H_
