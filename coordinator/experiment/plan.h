// From an experiment and the limits of its hosts to what a run will do. Pure: no I/O, no clock.
#ifndef COPYCOST_COORDINATOR_EXPERIMENT_PLAN_H_
#define COPYCOST_COORDINATOR_EXPERIMENT_PLAN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "coordinator/experiment/axes.h"
#include "coordinator/experiment/host_limits.h"
#include "coordinator/experiment/load.h"
#include "copycost/v1/result.pb.h"

namespace copycost {

// `loaded` has been through Resolve. Cells are the cartesian product of the axes, the last axis
// changing fastest; what the hosts cannot do is in `skipped`, with the reason.
//
// FailedPrecondition, with what would enable it: the user named a mode or an IP version that a host
// lacks; he named send modes and locked memory allows no cell of those that pin their buffers; or
// no cell is left.
absl::StatusOr<v1::Plan> MakePlan(const LoadedExperiment& loaded, const HostLimits& limits);

// The axes with more than one value, repeated ones included: those that labels are made of.
std::vector<const AxisField*> VaryingAxes(const v1::Experiment& resolved);

// The word of one axis of a cell, with its arm from the second on: "two-copy#2".
std::string AxisWord(const AxisField& axis, const v1::Cell& cell);

// Trials of the whole run: verifications, and every cell in every block.
uint64_t TrialCount(const v1::Plan& plan);

// How long the run takes if nothing is retried.
absl::Duration EstimateDuration(const v1::Plan& plan);

// Whether `plan` is one that MakePlan could have made, as far as what carries it out relies on it:
// for a plan that was read. InvalidArgument names what is wrong.
absl::Status CheckPlan(const v1::Plan& plan);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_EXPERIMENT_PLAN_H_
