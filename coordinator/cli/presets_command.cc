// copycost presets: the experiments that come with the program.
#include <CLI/CLI.hpp>

#include "common/log.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/output.h"
#include "coordinator/cli/presets_text.h"

namespace copycost {

Command AddPresetsCommand(CLI::App& app) {
  CLI::App& command = *app.add_subcommand("presets", "the experiments that come with the program");
  return {.app = &command, .execute = [] {
            const absl::StatusOr<std::string> text = PresetsText();
            if (!text.ok()) {
              Log(text.status().message());
              return ExitCodeOf(text.status());
            }
            return PrintAnswer(*text);
          }};
}

}  // namespace copycost
