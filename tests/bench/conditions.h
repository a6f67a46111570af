// What both sides of a comparison find in the product's network namespaces. Ends with these.
#ifndef COPYCOST_TESTS_BENCH_CONDITIONS_H_
#define COPYCOST_TESTS_BENCH_CONDITIONS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "tests/bench/observation.h"

namespace copycost::bench {

// From now on TCP gives every new connection in the receiver's namespace a receive buffer of
// `bytes` and leaves it so (net.ipv4.tcp_rmem, tcp_moderate_rcvbuf).
absl::Status FixReceiveBuffer(const Places& places, uint64_t bytes);

// From now on both ends of the veth pair have this MTU.
absl::Status SetMtu(const Places& places, uint32_t mtu);

}  // namespace copycost::bench

#endif  // COPYCOST_TESTS_BENCH_CONDITIONS_H_
