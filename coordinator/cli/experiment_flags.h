// The part of a command line that says which experiment: [PRESET|FILE], a flag for each axis, and
// the flags of the method. Shared by the subcommands that take an experiment.
//
//   CLI::App app;
//   ExperimentFlags flags(*app.add_subcommand("run"));
//   ASSIGN_OR_RETURN(const std::string answer, ParseCommandLine(app, argc, argv));
//   ASSIGN_OR_RETURN(const LoadedExperiment loaded, flags.Load(v1::TOPOLOGY_KIND_NAMESPACES));
#ifndef COPYCOST_COORDINATOR_CLI_EXPERIMENT_FLAGS_H_
#define COPYCOST_COORDINATOR_CLI_EXPERIMENT_FLAGS_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "coordinator/experiment/load.h"

namespace CLI {
class App;
}

namespace copycost {

class ExperimentFlags {
 public:
  // Adds the flags to `app`, which then holds pointers to this object: it stays where it is, and
  // outlives the parsing.
  explicit ExperimentFlags(CLI::App& app);
  ExperimentFlags(const ExperimentFlags&) = delete;
  ExperimentFlags& operator=(const ExperimentFlags&) = delete;

  // After parsing: the preset or file (default: the first preset) with the flags laid over it,
  // resolved; in `topology`, unless a file or a flag names another. InvalidArgument names the flag,
  // or file:line:column.
  absl::StatusOr<LoadedExperiment> Load(v1::TopologyKind topology) const;

 private:
  void AddAxes(CLI::App& app);
  void SetTexts(LoadedExperiment& loaded) const;
  absl::Status SetRepeats(LoadedExperiment& loaded) const;
  absl::Status SetSeed(LoadedExperiment& loaded) const;
  absl::Status SetLedger(LoadedExperiment& loaded) const;

  std::string source_;
  std::map<std::string, std::vector<std::string>> axis_lists_;  // by name of the axis
  std::optional<std::string> topology_;
  std::optional<std::string> duration_;
  std::optional<std::string> warmup_;
  std::optional<std::string> repeats_;
  std::optional<std::string> seed_;
  std::optional<std::string> name_;
  std::vector<std::string> events_;  // lists, as typed
  bool all_pairs_ = false;
  bool ledger_ = false;
  std::optional<std::string> ledger_hz_;
};

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_CLI_EXPERIMENT_FLAGS_H_
