#include "tests/bench/observation.h"

namespace copycost::bench {

Observation ObservationOf(const EndFigures& sender, const EndFigures& receiver) {
  const double bytes_per_ns = receiver.bytes / receiver.window_ns;
  const double busy =
      sender.cpu_ns / sender.window_ns + receiver.cpu_ns / receiver.window_ns;  // CPUs
  return {.goodput_gbps = 8 * bytes_per_ns,                                     // bits per ns
          .cpu_ns_per_byte = busy / bytes_per_ns};
}

}  // namespace copycost::bench
