// Receive buffers of one size for both sides of a comparison.
#ifndef COPYCOST_TESTS_BENCH_RECEIVE_BUFFER_H_
#define COPYCOST_TESTS_BENCH_RECEIVE_BUFFER_H_

#include <cstdint>

#include "absl/status/status.h"
#include "tests/bench/observation.h"

namespace copycost::bench {

// From now on TCP gives every new connection in the receiver's network namespace a receive buffer
// of `bytes` and leaves it so (net.ipv4.tcp_rmem, tcp_moderate_rcvbuf). Ends with the namespace.
absl::Status FixReceiveBuffer(const Places& places, uint64_t bytes);

}  // namespace copycost::bench

#endif  // COPYCOST_TESTS_BENCH_RECEIVE_BUFFER_H_
