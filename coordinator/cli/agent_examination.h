// One agent: whether it can be spoken to, how well its clock is known, and what it says of its
// host.
#ifndef COPYCOST_COORDINATOR_CLI_AGENT_EXAMINATION_H_
#define COPYCOST_COORDINATOR_CLI_AGENT_EXAMINATION_H_

#include <optional>
#include <string>
#include <vector>

#include "coordinator/fleet/inventory.h"
#include "copycost/v1/diagnosis.pb.h"

namespace copycost {

struct ExaminedAgent {
  std::optional<FleetAgent> agent;  // absent when it cannot be used
  // "control channel", "version", "clock"; then its own, or "diagnosis" when it has none.
  std::vector<v1::Check> checks;
};

// `tls`: the channel shows certificates. Only the first check comes of an agent that cannot be
// used.
ExaminedAgent ExamineAgent(Member member, const std::string& own_boot_id, bool tls);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_CLI_AGENT_EXAMINATION_H_
