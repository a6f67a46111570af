#include "coordinator/record/verified_path.h"

#include "common/mode_traits.h"

namespace copycost::record {

bool CutsAsAsked(const v1::Workload& workload) {
  return IsDatagrams(workload.transport()) && workload.mss_bytes() > 0;
}

VerifiedPath PathOf(const v1::Workload& workload) {
  return {workload.transport(),
          workload.ip_version(),
          workload.pattern(),
          workload.send_mode(),
          workload.receive_mode(),
          MapsPages(workload.receive_mode()) || CutsAsAsked(workload) ? workload.mtu() : 0,
          CutsAsAsked(workload) ? workload.mss_bytes() : 0,
          workload.huge_pages(),
          workload.working_set_bytes() > 0,
          workload.flows_per_thread() > 1};
}

}  // namespace copycost::record
