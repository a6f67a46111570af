// The bare loop (bare_stream.cc) as a side of a comparison: a sender and a receiver process in the
// agents' namespaces and on their CPUs.
#ifndef COPYCOST_TESTS_BENCH_BARE_SIDE_H_
#define COPYCOST_TESTS_BENCH_BARE_SIDE_H_

#include <string>

#include "absl/status/statusor.h"
#include "tests/bench/observation.h"

namespace copycost::bench {

// One execution of `workload` (stream over IPv4, one thread, touch and read none, any modes), with
// the ring depth it names. DataLoss when the windows of the two ends overlap by less than 95 %.
absl::StatusOr<Observation> RunBareStream(const std::string& binary, const Places& places,
                                          const v1::Workload& workload);

}  // namespace copycost::bench

#endif  // COPYCOST_TESTS_BENCH_BARE_SIDE_H_
