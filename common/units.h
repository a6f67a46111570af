// Numbers as people write them.
#ifndef COPYCOST_COMMON_UNITS_H_
#define COPYCOST_COMMON_UNITS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace copycost {

inline constexpr uint64_t kMiB = uint64_t{1} << 20;

// The least multiple of `unit` that holds so many.
constexpr uint64_t RoundUp(uint64_t count, uint64_t unit) {
  return (count + unit - 1) / unit * unit;
}

// "1000", "4K", "1M", "2G" (K = 1024; upper or lower case) -> bytes. InvalidArgument for anything
// else, for fractions, signs and values beyond 64 bits.
absl::StatusOr<uint64_t> ParseBytes(absl::string_view text);

// The shortest exact form: 65536 -> "64K", 1000 -> "1000".
std::string FormatBytes(uint64_t bytes);

// "800", "100M", "2500M", "10G" (K, M, G, T = powers of 1000; upper or lower case) -> bits per
// second. InvalidArgument for anything else, for fractions, signs and values beyond 64 bits.
absl::StatusOr<uint64_t> ParseBitRate(absl::string_view text);

// The shortest exact form: 2500000000 -> "2500M".
std::string FormatBitRate(uint64_t bits_per_s);

// A decimal count without sign or suffix.
absl::StatusOr<uint64_t> ParseCount(absl::string_view text);

// "200ms", "1.5s", "2m". InvalidArgument for a bare number, a negative or an infinite duration.
absl::StatusOr<absl::Duration> ParseDuration(absl::string_view text);

// For people: "41 s", "4 min 10 s", "2 h 3 min".
std::string FormatRoughly(absl::Duration duration);

}  // namespace copycost

#endif  // COPYCOST_COMMON_UNITS_H_
