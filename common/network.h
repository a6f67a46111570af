// IP networks in CIDR notation, and what an address is. Numeric only.
#ifndef COPYCOST_COMMON_NETWORK_H_
#define COPYCOST_COMMON_NETWORK_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace copycost {

class IpAddress {
 public:
  // "192.0.2.1", "2001:db8::1". InvalidArgument for anything else, names and zones included.
  static absl::StatusOr<IpAddress> Parse(absl::string_view text);

  bool is_v4() const { return bits_ == 32; }
  bool IsLoopback() const;

  // OK for an address that belongs to one host at most. InvalidArgument for multicast, the limited
  // broadcast address, link-local and unspecified ones: none is the data address of an agent.
  absl::Status CheckUnicast() const;

  std::string ToString() const;

 private:
  friend class Network;
  std::array<uint8_t, 16> bytes_{};
  int bits_ = 0;
};

class Network {
 public:
  // "10.0.0.0/8", "fd00::/8", or an address alone. InvalidArgument for host bits that are set.
  static absl::StatusOr<Network> Parse(absl::string_view text);

  bool Contains(const IpAddress& address) const;

  std::string ToString() const;

 private:
  IpAddress base_;
  int prefix_bits_ = 0;
};

// "localhost", or a loopback address, in brackets or not. No name is resolved.
bool IsLoopbackHost(absl::string_view host);

}  // namespace copycost

#endif  // COPYCOST_COMMON_NETWORK_H_
