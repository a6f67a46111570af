// Well-known programs that stream over TCP, as sides of a comparison.
#ifndef COPYCOST_TESTS_BENCH_PEERS_H_
#define COPYCOST_TESTS_BENCH_PEERS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tests/bench/observation.h"

namespace copycost::bench {

struct Peer {
  absl::string_view name;     // as named by --against, and its program
  absl::string_view package;  // of Debian
  // Whether it can be told its congestion control; else it takes that of its network namespace.
  bool sets_congestion;
  absl::string_view not_equal;  // what a reader must know: in what it differs from the product
  // One stream of `workload`'s message size, warm-up and window, both of whole seconds; goodput as
  // its receiver tells it.
  absl::StatusOr<Observation> (*run)(const std::string& binary, const Places& places,
                                     const v1::Workload& workload);
};

absl::Span<const Peer> Peers();

// Where the peer's program is. NotFound names the package that has it.
absl::StatusOr<std::string> FindPeer(const Peer& peer);

// The congestion control that sockets have in the sender's network namespace when nobody sets one.
absl::StatusOr<std::string> DefaultCongestion(const Places& places);

}  // namespace copycost::bench

#endif  // COPYCOST_TESTS_BENCH_PEERS_H_
