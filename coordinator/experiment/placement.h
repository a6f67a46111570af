// Which CPUs the two ends of a flow may have under a placement. Pure.
#ifndef COPYCOST_COORDINATOR_EXPERIMENT_PLACEMENT_H_
#define COPYCOST_COORDINATOR_EXPERIMENT_PLACEMENT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "copycost/v1/agent.pb.h"
#include "copycost/v1/experiment.pb.h"

namespace copycost {

// One side's CPUs.
struct PlacementHost {
  std::string boot_id;
  std::vector<v1::CpuPlace> cpus;         // that the agent may use
  std::optional<uint32_t> nic_node = {};  // NUMA node of its data interface; absent: not known
};

// `data_address` is that of the agent's data interface; empty where the transport has none.
PlacementHost PlacementHostOf(const v1::Description& agent, const std::string& data_address);

// A CPU of the sender's, and those that the receiver's end may have beside it: at least one.
struct CpuChoice {
  uint32_t sender;
  std::vector<uint32_t> receivers;
};

// Ascending, but CPU 0 last: interrupts and housekeeping favour it. Empty: the placement cannot be
// had.
std::vector<CpuChoice> CpuChoices(v1::Placement placement, const PlacementHost& sender,
                                  const PlacementHost& receiver);

// Absent where the placement can be had; else why not, and what would help.
std::optional<std::string> WhyNoPlacement(v1::Placement placement, const PlacementHost& sender,
                                          const PlacementHost& receiver);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_EXPERIMENT_PLACEMENT_H_
