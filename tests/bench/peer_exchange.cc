#include "tests/bench/peer_exchange.h"

#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "common/clock.h"
#include "common/status.h"
#include "tests/bench/child_process.h"

namespace copycost::bench {
namespace {

constexpr absl::Duration kSetUpLimit = absl::Seconds(5);
constexpr absl::Duration kLook = absl::Milliseconds(5);

// Whether a socket of this table, /proc/net/tcp or tcp6, is in state LISTEN (0A) on the port.
bool Listens(const std::string& table, uint16_t port) {
  std::ifstream file(table);
  const std::string local_port = absl::StrFormat(":%04X", port);
  std::string number, local, remote, state;
  for (std::string line; file >> number >> local >> remote >> state && std::getline(file, line);) {
    if (state == "0A" && absl::EndsWith(local, local_port)) return true;
  }
  return false;
}

// Such servers say nothing when they are ready, so their namespace is looked at.
absl::Status AwaitListening(pid_t network_of, uint16_t port) {
  const std::string tables = absl::StrCat("/proc/", network_of, "/net/tcp");
  for (const absl::Time deadline = MonotonicTime() + kSetUpLimit; MonotonicTime() < deadline;
       absl::SleepFor(kLook)) {
    if (Listens(tables, port) || Listens(tables + "6", port)) return absl::OkStatus();
  }
  return absl::DeadlineExceededError(absl::StrCat("nothing listens on port ", port));
}

}  // namespace

absl::StatusOr<std::string> RunPeer(const PeerExchange& exchange, const Places& places) {
  ASSIGN_OR_RETURN(ChildProcess server,
                   ChildProcess::Start({.arguments = exchange.server_arguments,
                                        .network_of = places.receiver.network_of,
                                        .cpu = places.receiver.cpu}));
  RETURN_IF_ERROR(AwaitListening(places.receiver.network_of, exchange.port));
  ASSIGN_OR_RETURN(ChildProcess client, ChildProcess::Start({.arguments = exchange.client_arguments,
                                                             .network_of = places.sender.network_of,
                                                             .cpu = places.sender.cpu}));
  const absl::Time deadline = MonotonicTime() + exchange.traffic + kSetUpLimit;
  ASSIGN_OR_RETURN(std::string told, client.Finish(deadline));
  RETURN_IF_ERROR(server.Finish(deadline).status());
  return told;
}

}  // namespace copycost::bench
