// Where an experiment comes from: a preset or a textproto file, with flags laid over it. What is
// loaded may still lack values; Resolve (resolve.h) completes and checks it.
//
//   ASSIGN_OR_RETURN(LoadedExperiment loaded, LoadExperiment("quick"));
//   loaded.SetAxis(*FindAxis("message_bytes"), {"1K..64K"}, "--sizes");
//   RETURN_IF_ERROR(Resolve(loaded));
//
// InvalidArgument for everything here: all of it is mended by typing something else.
#ifndef COPYCOST_COORDINATOR_EXPERIMENT_LOAD_H_
#define COPYCOST_COORDINATOR_EXPERIMENT_LOAD_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "coordinator/experiment/axes.h"
#include "copycost/v1/experiment.pb.h"

namespace copycost {

struct LoadedExperiment {
  v1::Experiment experiment;

  // Where the user named a field himself: by the names of Experiment's and Matrix's fields, either
  // one place for all values of the field or one for each. A place reads "--sizes" or
  // "runs/my.textproto:3:5: message_bytes". What a preset brought has none.
  std::map<std::string, std::vector<std::string>> places;

  // Whether the user named the field, in a file or by a flag.
  bool Named(absl::string_view field) const;

  // Where value `index` of the field was named; the field's own name when the user did not.
  std::string PlaceOf(absl::string_view field, size_t index = 0) const;

  // Replaces the values of an axis, as a flag does.
  void SetAxis(const AxisField& axis, absl::Span<const std::string> lists, std::string place);
};

// The preset or the file of this name: with a '/' or ending in ".textproto" it is a file. An
// unknown preset is answered with the known ones.
absl::StatusOr<LoadedExperiment> LoadExperiment(absl::string_view name);

// At most 1 MiB. OS errors carry the call, the path and errno text.
absl::StatusOr<LoadedExperiment> LoadExperimentFile(const std::string& path);

// An Experiment as textproto. Errors begin with "path:line:column: ", counted from 1.
absl::StatusOr<LoadedExperiment> ParseExperiment(absl::string_view text, absl::string_view path);

// The experiment as a file that ParseExperiment reads back.
std::string ExperimentText(const v1::Experiment& experiment);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_EXPERIMENT_LOAD_H_
