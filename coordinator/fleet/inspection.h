// How the hosts of a run are set, before it and after it.
#ifndef COPYCOST_COORDINATOR_FLEET_INSPECTION_H_
#define COPYCOST_COORDINATOR_FLEET_INSPECTION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "coordinator/fleet/inventory.h"
#include "copycost/v1/host.pb.h"

namespace copycost {

// What a run asks of hosts.
struct InstrumentsWanted {
  std::vector<std::string> events;  // that they are to count
  uint32_t sampling_hz = 0;         // 0: none is sampled
};

// Of one agent, now, and whether what trials need can be had. Errors name it; DataLoss for an
// answer that no agent gives: of other events than were asked for, of too much, or of what is no
// line of text.
absl::StatusOr<v1::HostState> Inspect(const FleetAgent& agent,
                                      const InstrumentsWanted& wanted = {});

struct IdleInspection {
  v1::HostState state;      // its CPU times are those of the start
  v1::CpuReading idle_end;  // empty where the host does not tell
};

// Of each agent, in order; then waits for half a second, in which nobody should be doing anything,
// and asks for the CPU times at its end. Errors as above.
absl::StatusOr<std::vector<IdleInspection>> InspectIdle(Clock& clock,
                                                        const std::vector<FleetAgent>& agents,
                                                        const InstrumentsWanted& wanted);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_FLEET_INSPECTION_H_
