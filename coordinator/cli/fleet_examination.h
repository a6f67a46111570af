// A fleet, looked at as a run would use it: each agent, who holds them and this host, and the data
// path between them.
#ifndef COPYCOST_COORDINATOR_CLI_FLEET_EXAMINATION_H_
#define COPYCOST_COORDINATOR_CLI_FLEET_EXAMINATION_H_

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "coordinator/cli/doctor_report.h"
#include "coordinator/cli/host_lock.h"
#include "coordinator/fleet/topology.h"

namespace copycost {

struct FleetExamination {
  bool in_namespaces;       // of this host; else the agents run already
  bool tls;                 // control channels show certificates
  std::string own_boot_id;  // of this host
  std::string holder;       // told to others while the agents are held
  // Takes this host for the trials, so that no other run is disturbed. Null: trials are made
  // whoever measures here.
  std::function<absl::StatusOr<HostLock>()> lock_host;
};

// The parts "this host" (where the fleet uses it), "sender", "receiver" and "data path". Whatever
// is held by someone else is limited, and no trial is made then: it would disturb what is measured.
DoctorReport ExamineFleet(Clock& clock, Fleet fleet, const FleetExamination& how);

// Of a fleet that could not be brought up, in namespaces or of agents that run already: what there
// is to say without agents.
DoctorReport WithoutFleet(bool in_namespaces, const absl::Status& why);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_CLI_FLEET_EXAMINATION_H_
