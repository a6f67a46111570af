#include "tests/bench/peers.h"

#include <unistd.h>

#include <cstdlib>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/clock.h"
#include "common/status.h"
#include "tests/bench/child_process.h"
#include "tests/bench/iperf3.h"
#include "tests/bench/nuttcp.h"

namespace copycost::bench {
namespace {

constexpr Peer kPeers[] = {
    {.name = "iperf3",
     .package = "iperf3",
     .sets_congestion = true,
     .not_equal = "iperf3 omits its warm-up by the clock of each side (-O); up to 3.15 its sender "
                  "waits for the "
                  "socket with select before each write; it sends from a mapped file",
     .run = RunIperf3},
    {.name = "nuttcp",
     .package = "nuttcp",
     .sets_congestion = false,
     .not_equal =
         "nuttcp cannot be told its congestion control, so both have the namespace's; its warm-up "
         "is the first of its receiver's interval reports, left out here",
     .run = RunNuttcp},
};

bool IsExecutable(const std::string& path) { return ::access(path.c_str(), X_OK) == 0; }

}  // namespace

absl::Span<const Peer> Peers() { return kPeers; }

absl::StatusOr<std::string> FindPeer(const Peer& peer) {
  const char* path = std::getenv("PATH");
  for (const absl::string_view directory : absl::StrSplit(path == nullptr ? "" : path, ':')) {
    std::string candidate = absl::StrCat(directory, "/", peer.name);
    if (IsExecutable(candidate)) return candidate;
  }
  return absl::NotFoundError(absl::StrCat(peer.name, " is not in PATH; install the package ",
                                          peer.package, " (deploy/install-deps.sh --bench)"));
}

absl::StatusOr<std::string> DefaultCongestion(const Places& places) {
  // /proc/sys/net shows the network namespace of who reads it.
  ASSIGN_OR_RETURN(
      ChildProcess reader,
      ChildProcess::Start({.arguments = {"/bin/cat", "/proc/sys/net/ipv4/tcp_congestion_control"},
                           .network_of = places.sender.network_of,
                           .cpu = places.sender.cpu}));
  return reader.ReadLine(MonotonicTime() + absl::Seconds(2));
}

}  // namespace copycost::bench
