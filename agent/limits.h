// What this agent lets any coordinator do to its host and its network: set by whoever starts it,
// checked on every trial, whatever the coordinator is.
#ifndef COPYCOST_AGENT_LIMITS_H_
#define COPYCOST_AGENT_LIMITS_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/network.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

// Loopback, private and benchmarking networks: 127.0.0.0/8, ::1, RFC 1918, 100.64.0.0/10, fc00::/7,
// 198.18.0.0/15 (RFC 2544), 2001:2::/48 (RFC 5180).
std::vector<Network> PrivateNetworks();

struct Limits {
  // Where peers may be. Multicast, broadcast, link-local and unspecified addresses never are.
  std::vector<Network> allow = PrivateNetworks();
  // Of all flows of a trial that send; 0: no limit.
  uint64_t max_rate_bits_per_s = 0;
  // Of a trial's traffic, warm-up included.
  absl::Duration max_duration = absl::Minutes(15);
  uint64_t max_flows = 1024;
  // Of message buffers; 0: half of what is available.
  uint64_t max_memory_bytes = 0;
  // Whether a trial may change the data interface, which is then restored after it.
  bool allow_link_changes = false;
};

// ResourceExhausted for a trial beyond the limits, naming the flag that would permit it.
absl::Status CheckLimits(const Limits& limits, const v1::Prepare& prepare);

// PermissionDenied for an address outside of `allow`; InvalidArgument for one no peer can have.
absl::Status CheckPeerAddress(const Limits& limits, absl::string_view address);

}  // namespace copycost

#endif  // COPYCOST_AGENT_LIMITS_H_
