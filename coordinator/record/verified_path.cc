#include "coordinator/record/verified_path.h"

namespace copycost::record {

VerifiedPath PathOf(const v1::Workload& workload) {
  return {workload.transport(), workload.ip_version(), workload.pattern(), workload.send_mode(),
          workload.receive_mode()};
}

}  // namespace copycost::record
