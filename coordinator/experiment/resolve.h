// Completes and checks an experiment.
#ifndef COPYCOST_COORDINATOR_EXPERIMENT_RESOLVE_H_
#define COPYCOST_COORDINATOR_EXPERIMENT_RESOLVE_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "coordinator/experiment/load.h"

namespace copycost {

// More cells than this are a mistake in the matrix.
inline constexpr size_t kMaxCells = 100'000;
inline constexpr uint32_t kMaxRepeats = 100'000;

// Fills in what was left out (axes from their options, warm-up, window, repeats, topology, name,
// and a random seed) and writes every value in its shortest form, one word an entry, so that
// ExperimentText of the result loads as the same plan. Resolving twice changes nothing.
//
// InvalidArgument, beginning with the flag or file:line:column, for values out of the ranges in
// experiment.proto, sizes that fields do not divide, `verify` on one side only, a paced pattern
// without a rate, a rate or a response size where no pattern has one, and too many cells.
absl::Status Resolve(LoadedExperiment& loaded);

// Of an experiment that was resolved.
v1::TopologyKind TopologyOf(const v1::Experiment& experiment);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_EXPERIMENT_RESOLVE_H_
