// One exchange of a program that is its own server and client: the server in the receiver's place,
// the client, which sends, in the sender's.
#ifndef COPYCOST_TESTS_BENCH_PEER_EXCHANGE_H_
#define COPYCOST_TESTS_BENCH_PEER_EXCHANGE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/bench/observation.h"

namespace copycost::bench {

struct PeerExchange {
  std::vector<std::string> server_arguments;  // serves once
  std::vector<std::string> client_arguments;
  uint16_t port;           // where the server listens when it is ready
  absl::Duration traffic;  // how long the client sends
};

// Runs both to their end: what the client printed. DeadlineExceeded for one that does not end some
// seconds after its traffic.
absl::StatusOr<std::string> RunPeer(const PeerExchange& exchange, const Places& places);

}  // namespace copycost::bench

#endif  // COPYCOST_TESTS_BENCH_PEER_EXCHANGE_H_
