// The words of a comparison: the product on one side, another program on the other, both doing the
// same between the same two places.
#ifndef COPYCOST_TESTS_BENCH_OBSERVATION_H_
#define COPYCOST_TESTS_BENCH_OBSERVATION_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "copycost/v1/experiment.pb.h"

namespace copycost::bench {

// What one execution did in its window. Absent: that side does not tell it.
struct Observation {
  double goodput_gbps = 0;  // what the receiver took
  // Of both data threads, for each byte it took.
  std::optional<double> cpu_ns_per_byte = std::nullopt;
  // Busy time of the whole host.
  std::optional<double> host_cpu_ns_per_byte = std::nullopt;
};

// One end of a flow in its own window.
struct EndFigures {
  double window_ns;
  double bytes;   // the receiver's: taken
  double cpu_ns;  // of its data thread
};

// The windows of the two ends need not be equally long: their rates are put together. Both sides of
// a comparison are computed here, if they tell so much.
Observation ObservationOf(const EndFigures& sender, const EndFigures& receiver);

// Of several executions, at least one: the geometric mean of each figure, absent unless all tell
// it.
Observation MeanOf(absl::Span<const Observation> executions);

// Where one end of a flow lives.
struct Place {
  pid_t network_of;  // a process that is in its network namespace
  uint32_t cpu;
};

struct Places {
  Place sender;
  Place receiver;
};

// One execution. DataLoss: it ended well, but its figures are not of what was asked, and it may be
// repeated. Any other error ends the benchmark.
using Side = std::function<absl::StatusOr<Observation>(const v1::Workload& workload)>;

}  // namespace copycost::bench

#endif  // COPYCOST_TESTS_BENCH_OBSERVATION_H_
