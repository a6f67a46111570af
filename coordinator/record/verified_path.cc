#include "coordinator/record/verified_path.h"

#include "common/mode_traits.h"

namespace copycost::record {

VerifiedPath PathOf(const v1::Workload& workload) {
  return {workload.transport(),
          workload.ip_version(),
          workload.pattern(),
          workload.send_mode(),
          workload.receive_mode(),
          MapsPages(workload.receive_mode()) ? workload.mtu() : 0,
          workload.working_set_bytes() > 0};
}

}  // namespace copycost::record
