#include "common/units.h"

#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace copycost {
namespace {

int ShiftOf(char suffix) {
  switch (absl::ascii_toupper(static_cast<unsigned char>(suffix))) {
    case 'K':
      return 10;
    case 'M':
      return 20;
    case 'G':
      return 30;
    default:
      return 0;
  }
}

struct DecimalUnit {
  char suffix;
  uint64_t factor;
};

constexpr DecimalUnit kDecimalUnits[] = {
    {'T', 1'000'000'000'000}, {'G', 1'000'000'000}, {'M', 1'000'000}, {'K', 1'000}};

uint64_t FactorOf(char suffix) {
  for (const DecimalUnit& unit : kDecimalUnits) {
    if (absl::ascii_toupper(static_cast<unsigned char>(suffix)) == unit.suffix) return unit.factor;
  }
  return 1;
}

}  // namespace

absl::StatusOr<uint64_t> ParseCount(absl::string_view text) {
  uint64_t value = 0;
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
  if (!digits || !absl::SimpleAtoi(text, &value)) {
    return absl::InvalidArgumentError(absl::StrCat("'", text, "' is not a whole number"));
  }
  return value;
}

absl::StatusOr<uint64_t> ParseBytes(absl::string_view text) {
  const int shift = text.empty() ? 0 : ShiftOf(text.back());
  const absl::string_view number = shift > 0 ? text.substr(0, text.size() - 1) : text;
  const absl::StatusOr<uint64_t> value = ParseCount(number);
  if (!value.ok() || *value > (std::numeric_limits<uint64_t>::max() >> shift)) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "' is not a size; write bytes, or K, M, G (K = 1024)"));
  }
  return *value << shift;
}

std::string FormatBytes(uint64_t bytes) {
  for (const auto& [shift, suffix] : {std::pair{30, "G"}, std::pair{20, "M"}, std::pair{10, "K"}}) {
    if (bytes != 0 && bytes % (uint64_t{1} << shift) == 0) {
      return absl::StrCat(bytes >> shift, suffix);
    }
  }
  return absl::StrCat(bytes);
}

absl::StatusOr<uint64_t> ParseBitRate(absl::string_view text) {
  const uint64_t factor = text.empty() ? 1 : FactorOf(text.back());
  const absl::string_view number = factor > 1 ? text.substr(0, text.size() - 1) : text;
  const absl::StatusOr<uint64_t> value = ParseCount(number);
  if (!value.ok() || *value > std::numeric_limits<uint64_t>::max() / factor) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", text, "' is not a rate; write bits per second, or K, M, G, T (K = 1000)"));
  }
  return *value * factor;
}

std::string FormatBitRate(uint64_t bits_per_s) {
  for (const DecimalUnit& unit : kDecimalUnits) {
    if (bits_per_s != 0 && bits_per_s % unit.factor == 0) {
      return absl::StrCat(bits_per_s / unit.factor, std::string(1, unit.suffix));
    }
  }
  return absl::StrCat(bits_per_s);
}

absl::StatusOr<absl::Duration> ParseDuration(absl::string_view text) {
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration) || duration < absl::ZeroDuration() ||
      duration == absl::InfiniteDuration() || text == "0") {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "' is not a duration; write 600ms, 2s or 1.5m"));
  }
  return duration;
}

std::string FormatRoughly(absl::Duration duration) {
  const int64_t seconds = absl::ToInt64Seconds(duration + absl::Milliseconds(500));
  if (seconds < 60) return absl::StrCat(seconds, " s");
  if (seconds < 3600) {
    const int64_t rest = seconds % 60;
    return rest == 0 ? absl::StrCat(seconds / 60, " min")
                     : absl::StrCat(seconds / 60, " min ", rest, " s");
  }
  return absl::StrCat(seconds / 3600, " h ", seconds % 3600 / 60, " min");
}

}  // namespace copycost
