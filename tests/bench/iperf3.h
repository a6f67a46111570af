// iperf3, one stream. Needs 3.2 or later, whose JSON tells the congestion control.
#ifndef COPYCOST_TESTS_BENCH_IPERF3_H_
#define COPYCOST_TESTS_BENCH_IPERF3_H_

#include <string>

#include "absl/status/statusor.h"
#include "tests/bench/observation.h"

namespace copycost::bench {

// See Peer::run. Internal when it says that it had another congestion control than asked.
absl::StatusOr<Observation> RunIperf3(const std::string& binary, const Places& places,
                                      const v1::Workload& workload);

}  // namespace copycost::bench

#endif  // COPYCOST_TESTS_BENCH_IPERF3_H_
