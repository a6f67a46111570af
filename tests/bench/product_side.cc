#include "tests/bench/product_side.h"

#include <unistd.h>

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status.h"
#include "common/words.h"
#include "coordinator/drive/flow_layout.h"
#include "coordinator/experiment/ring_depth.h"
#include "coordinator/fleet/namespace_topology.h"
#include "coordinator/record/ends.h"
#include "coordinator/record/host_cpu.h"
#include "tests/bench/agent_processes.h"

namespace copycost::bench {
namespace {

absl::Status CheckOutcome(const v1::TrialRecord& trial) {
  if (trial.outcome() == v1::OUTCOME_OK) return absl::OkStatus();
  const std::string why =
      absl::StrCat("a trial was ", Label(trial.outcome()), ": ", trial.reason());
  return trial.outcome() == v1::OUTCOME_INVALID ? absl::DataLossError(why)
                                                : absl::AbortedError(why);
}

// That the flow ran where the other program does.
absl::Status CheckPlaces(const v1::TrialRecord& trial, const Places& places) {
  if (trial.agents(0).prepare().ends(0).cpu() == places.sender.cpu &&
      trial.agents(1).prepare().ends(0).cpu() == places.receiver.cpu) {
    return absl::OkStatus();
  }
  return absl::InternalError("the driver gave a flow other CPUs than the layout says");
}

EndFigures FiguresOf(const v1::WindowCounts& window) {
  return {.window_ns = static_cast<double>(window.closed_ns() - window.opened_ns()),
          .bytes = static_cast<double>(window.bytes()),
          .cpu_ns = static_cast<double>(window.thread_cpu_ns())};
}

absl::StatusOr<Observation> ObservationOf(const v1::TrialRecord& trial) {
  ASSIGN_OR_RETURN(const auto sent, record::WindowsOf(trial, v1::ROLE_SENDER));
  ASSIGN_OR_RETURN(const auto taken, record::WindowsOf(trial, v1::ROLE_RECEIVER));
  Observation observation = ObservationOf(FiguresOf(*sent[0]), FiguresOf(*taken[0]));
  const absl::StatusOr<double> host = record::HostCpuNsPerByte(trial);
  if (host.ok()) observation.host_cpu_ns_per_byte = *host;
  return observation;
}

v1::HoldRequest Request() {
  v1::HoldRequest request;
  request.set_holder(absl::StrCat("benchmark, process ", ::getpid()));
  request.set_run_id("bench");
  request.set_token(RandomNonce());
  return request;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ProductSide>> ProductSide::BringUp(const std::string& agent_binary) {
  std::unique_ptr<ProductSide> side(new ProductSide());
  ASSIGN_OR_RETURN(const std::string binary, FindAgentBinary(agent_binary));
  ASSIGN_OR_RETURN(side->topology_, NamespaceTopology::Create(binary));
  ASSIGN_OR_RETURN(Fleet members, side->topology_->Up());
  ASSIGN_OR_RETURN(side->agents_, TakeInventory(std::move(members), OwnBootId()));
  const v1::HoldRequest request = Request();
  RETURN_IF_ERROR(HoldAll(side->agents_, request));
  RETURN_IF_ERROR(side->FindPlaces());
  side->driver_ = std::make_unique<TrialDriver>(side->clock_, side->agents_,
                                                TrialDriver::Options{.hold = request});
  return side;
}

absl::Status ProductSide::FindPlaces() {
  ASSIGN_OR_RETURN(const AgentProcesses processes, FindAgentProcesses());
  const std::vector<PlacementHost> hosts = {PlacementHostOf(agents_[0].description, ""),
                                            PlacementHostOf(agents_[1].description, "")};
  ASSIGN_OR_RETURN(const auto ends, LayOutFlows(hosts, {}, RandomNonce));
  places_ = {.sender = {.network_of = processes.sender, .cpu = ends[0][0].cpu()},
             .receiver = {.network_of = processes.receiver, .cpu = ends[1][0].cpu()}};
  return absl::OkStatus();
}

uint32_t ProductSide::RingDepth(const v1::Workload& workload) const {
  const v1::Description& sender = agents_[0].description;
  return ResolveRingDepth(workload, sender.has_locked_memory_bytes()
                                        ? std::optional(sender.locked_memory_bytes())
                                        : std::nullopt);
}

absl::StatusOr<Observation> ProductSide::Run(const v1::Workload& workload) {
  const TrialOrder order = {.trial_id = absl::StrCat("bench-", ++trials_),
                            .block = 1,
                            .cell_id = 1,
                            .purpose = v1::PURPOSE_MEASURE,
                            .workload = workload};
  ASSIGN_OR_RETURN(const v1::TrialRecord trial,
                   driver_->Run(order, [](const v1::TrialRecord&) { return absl::OkStatus(); }));
  RETURN_IF_ERROR(CheckOutcome(trial));
  RETURN_IF_ERROR(CheckPlaces(trial, places_));
  return ObservationOf(trial);
}

}  // namespace copycost::bench
