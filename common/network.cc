#include "common/network.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status.h"

namespace copycost {
namespace {

// Whether the first `count` bits of `a` and `b` are equal.
bool SamePrefix(const std::array<uint8_t, 16>& a, const std::array<uint8_t, 16>& b, int count) {
  const int whole = count / 8;
  if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
  const int rest = count % 8;
  return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

}  // namespace

absl::StatusOr<IpAddress> IpAddress::Parse(absl::string_view text) {
  const std::string copy(text);
  IpAddress address;
  if (::inet_pton(AF_INET, copy.c_str(), address.bytes_.data()) == 1) {
    address.bits_ = 32;
  } else if (::inet_pton(AF_INET6, copy.c_str(), address.bytes_.data()) == 1) {
    address.bits_ = 128;
  } else {
    return absl::InvalidArgumentError(absl::StrCat("'", text, "' is not a numeric IP address"));
  }
  return address;
}

bool IpAddress::IsLoopback() const {
  if (is_v4()) return bytes_[0] == 127;
  return std::all_of(bytes_.begin(), bytes_.end() - 1, [](uint8_t b) { return b == 0; }) &&
         bytes_[15] == 1;
}

absl::Status IpAddress::CheckUnicast() const {
  const auto all = [this](uint8_t value) {
    return std::all_of(bytes_.begin(), bytes_.begin() + bits_ / 8,
                       [value](uint8_t b) { return b == value; });
  };
  absl::string_view kind;
  if (all(0)) {
    kind = "unspecified";
  } else if (is_v4() && all(255)) {
    kind = "broadcast";
  } else if (is_v4() ? bytes_[0] >> 4 == 0xe : bytes_[0] == 0xff) {
    kind = "multicast";
  } else if (is_v4() ? bytes_[0] == 169 && bytes_[1] == 254
                     : bytes_[0] == 0xfe && bytes_[1] >> 6 == 2) {
    kind = "link-local";
  } else {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat(ToString(), " is a ", kind, " address; name one that a single host has"));
}

std::string IpAddress::ToString() const {
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(is_v4() ? AF_INET : AF_INET6, bytes_.data(), text, sizeof(text));
  return text;
}

absl::StatusOr<Network> Network::Parse(absl::string_view text) {
  const size_t slash = text.find('/');
  Network network;
  ASSIGN_OR_RETURN(network.base_, IpAddress::Parse(text.substr(0, slash)));
  network.prefix_bits_ = network.base_.bits_;
  if (slash == absl::string_view::npos) return network;
  if (!absl::SimpleAtoi(text.substr(slash + 1), &network.prefix_bits_) ||
      network.prefix_bits_ < 0 || network.prefix_bits_ > network.base_.bits_) {
    return absl::InvalidArgumentError(absl::StrCat("'", text, "' has no prefix of 0 to ",
                                                   network.base_.bits_, " bits behind its '/'"));
  }
  for (int bit = network.prefix_bits_; bit < network.base_.bits_; ++bit) {
    if ((network.base_.bytes_[bit / 8] & 0x80 >> bit % 8) == 0) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "'", text, "' has bits set beyond its prefix; name the network's first address"));
  }
  return network;
}

bool Network::Contains(const IpAddress& address) const {
  return address.bits_ == base_.bits_ && SamePrefix(address.bytes_, base_.bytes_, prefix_bits_);
}

std::string Network::ToString() const { return absl::StrCat(base_.ToString(), "/", prefix_bits_); }

bool IsLoopbackHost(absl::string_view host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  const absl::StatusOr<IpAddress> address = IpAddress::Parse(host);
  return host == "localhost" || (address.ok() && address->IsLoopback());
}

}  // namespace copycost
