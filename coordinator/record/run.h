// What a run is, for everyone who reads one: what was decided before it (RunRecord: plan, sessions)
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

// The session that began the run; of a record without any, an empty one.
inline const v1::Session& FirstSession(const v1::RunRecord& run) {
  return run.sessions_size() > 0 ? run.sessions(0) : v1::Session::default_instance();
}

}  // namespace copycost::record

#endif  // COPYCOST_COORDINATOR_RECORD_RUN_H_
