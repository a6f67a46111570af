#include "coordinator/cli/command_line.h"

#include <CLI/CLI.hpp>

#include "absl/status/status.h"

namespace copycost {

absl::StatusOr<std::string> ParseCommandLine(CLI::App& app, int argc, const char* const* argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return app.help();
  } catch (const CLI::CallForAllHelp&) {
    return app.help("", CLI::AppFormatMode::All);
  } catch (const CLI::CallForVersion& version) {
    return std::string(version.what()) + "\n";
  } catch (const CLI::Error& error) {
    return absl::InvalidArgumentError(error.what());
  }
  return std::string();
}

}  // namespace copycost
