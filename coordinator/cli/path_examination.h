// Whether data travels between two held agents: small verification trials, carried out.
#ifndef COPYCOST_COORDINATOR_CLI_PATH_EXAMINATION_H_
#define COPYCOST_COORDINATOR_CLI_PATH_EXAMINATION_H_

#include <string>
#include <vector>

#include "common/clock.h"
#include "coordinator/fleet/inventory.h"
#include "copycost/v1/diagnosis.pb.h"

namespace copycost {

struct PathExamination {
  // The agents have addresses of every IP version that the kernel has; else those they were given.
  bool in_namespaces;
  std::string congestion;  // one that both agents have
};

struct ExaminedPaths {
  std::vector<v1::Check> checks;  // "IPv4, zero-copy to recv"
  bool any = false;               // one trial at least was good
};

// Over each IP version for which both agents have an address, every mode that its agent has: send
// modes to the first receive mode, and the other receive modes from the first send mode. Each trial
// is of 4 messages of 64 KiB (less where locked memory does not permit that), paced to 20 Mbit/s,
// every byte compared. Where an IP version does not lead from one agent to the other, one trial
// tells. `agents`: sender, receiver; both held.
ExaminedPaths ExaminePaths(Clock& clock, std::vector<FleetAgent>& agents,
                           const PathExamination& how);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_CLI_PATH_EXAMINATION_H_
