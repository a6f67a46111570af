// copycost: one line a subcommand.
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/build_info.h"
#include "common/fd.h"
#include "common/log.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/command_line.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/output.h"

namespace copycost {
namespace {

constexpr char kExamples[] =
    "copycost measures what socket copies cost, and proves which copies really happened.\n"
    "\n"
    "  copycost run                      three send modes, two sizes, in two network namespaces\n"
    "  copycost run classic --repeats 6  threads 1 to 8, sizes 1K to 64K\n"
    "  copycost run --send one-copy,zero-copy --sizes 1K..1M --threads 1,2\n"
    "\n"
    "copycost plan says what a run would do; copycost doctor what this host can,\n"
    "and how to enable what it cannot.\n"
    "copycost --help and copycost run --help list the rest. docs/results.md explains the "
    "results.\n";

int Main(int argc, char** argv) {
  ReserveStandardDescriptors();
  ::setenv("GRPC_VERBOSITY", "NONE", 0);  // what it has to say, a Status says
  SetLogName("copycost");
  CLI::App app{"Measures what socket copies cost, and proves which copies really happened.",
               "copycost"};
  app.set_version_flag("--version", absl::StrCat("copycost ", Version()));
  app.require_subcommand(0, 1);
  const std::vector<Command> commands = {
      AddRunCommand(app),    AddResumeCommand(app), AddPlanCommand(app),
      AddDoctorCommand(app), AddModesCommand(app),  AddPresetsCommand(app),
  };
  const absl::StatusOr<std::string> answer = ParseCommandLine(app, argc, argv);
  if (!answer.ok()) {
    Log(answer.status().message());
    return ExitCodeOf(answer.status());
  }
  if (!answer->empty()) return PrintAnswer(*answer);
  for (const Command& command : commands) {
    if (command.app->parsed()) return command.execute();
  }
  return PrintAnswer(kExamples);
}

}  // namespace
}  // namespace copycost

int main(int argc, char** argv) { return copycost::Main(argc, argv); }
