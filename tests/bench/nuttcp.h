// nuttcp, one stream. Needs 6.1, whose -fparse tells key=value pairs.
#ifndef COPYCOST_TESTS_BENCH_NUTTCP_H_
#define COPYCOST_TESTS_BENCH_NUTTCP_H_

#include <string>

#include "absl/status/statusor.h"
#include "tests/bench/observation.h"

namespace copycost::bench {

// See Peer::run. Its congestion control is that of the network namespace.
absl::StatusOr<Observation> RunNuttcp(const std::string& binary, const Places& places,
                                      const v1::Workload& workload);

}  // namespace copycost::bench

#endif  // COPYCOST_TESTS_BENCH_NUTTCP_H_
