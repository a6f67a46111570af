#include "common/flow_axes.h"

#include "absl/strings/str_cat.h"
#include "common/mode_traits.h"
#include "common/words.h"

namespace copycost {

uint64_t FlowsOf(const v1::Workload& workload) {
  return uint64_t{workload.threads()} * workload.flows_per_thread();
}

absl::Status CheckFlowCount(const v1::Workload& workload) {
  const uint64_t flows = FlowsOf(workload);
  if (flows <= kMostFlows) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      workload.threads(), " threads of ", workload.flows_per_thread(), " flows are ", flows,
      " flows, and a trial has at most ", kMostFlows, "; lower --threads or --flows-per-thread"));
}

absl::Status CheckSharedThreads(const v1::Workload& workload) {
  if (workload.flows_per_thread() <= 1) return absl::OkStatus();
  if (workload.placement() == v1::PLACEMENT_INCOMING_CPU) {
    return absl::InvalidArgumentError(
        absl::StrCat("under placement ", Label(workload.placement()),
                     " a thread follows the packets of its one flow; leave --flows-per-thread at "
                     "1 there"));
  }
  if (!Exchanges(workload.pattern())) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("under ", Label(workload.pattern()),
                   " an exchange takes its thread whole; leave --flows-per-thread at 1 there, or "
                   "use --pattern stream"));
}

}  // namespace copycost
