// What a run is, for everyone who reads one: what was decided before it (RunRecord: plan, hosts)
// and every attempt at a trial, in the order they ended. Written by store/, read by analysis/ and
// report/; plain data, owned by whoever holds it.
#ifndef COPYCOST_COORDINATOR_RECORD_RUN_H_
#define COPYCOST_COORDINATOR_RECORD_RUN_H_

#include <vector>

#include "copycost/v1/result.pb.h"

namespace copycost::record {

struct Run {
  v1::RunRecord info;
  std::vector<v1::TrialRecord> attempts;
};

}  // namespace copycost::record

#endif  // COPYCOST_COORDINATOR_RECORD_RUN_H_
