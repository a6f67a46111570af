// The subcommands. Each adds itself to the command line and is executed if it was named.
#ifndef COPYCOST_COORDINATOR_CLI_COMMAND_H_
#define COPYCOST_COORDINATOR_CLI_COMMAND_H_

#include <functional>

namespace CLI {
class App;
}

namespace copycost {

struct Command {
  CLI::App* app;                 // of the subcommand
  std::function<int()> execute;  // after parsing; returns the exit code (exit_code.h)
};

Command AddRunCommand(CLI::App& app);
Command AddResumeCommand(CLI::App& app);
Command AddPlanCommand(CLI::App& app);
Command AddDoctorCommand(CLI::App& app);
Command AddModesCommand(CLI::App& app);
Command AddPresetsCommand(CLI::App& app);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_CLI_COMMAND_H_
