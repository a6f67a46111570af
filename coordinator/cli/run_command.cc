// copycost run: from an experiment to its results.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "common/log.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/run_session.h"

namespace copycost {

Command AddRunCommand(CLI::App& app) {
  CLI::App& command = *app.add_subcommand("run", "measure an experiment");
  auto session = std::make_shared<RunSession>(command);
  return {.app = &command, .execute = [session] {
            const absl::StatusOr<int> code = session->Run();
            if (code.ok()) return *code;
            Log(code.status().message());
            return ExitCodeOf(code.status());
          }};
}

}  // namespace copycost
