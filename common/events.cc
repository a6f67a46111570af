#include "common/events.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace copycost {
namespace {

constexpr size_t kLongestName = 128;

constexpr absl::string_view kKernelsOwn[] = {
    "context-switches", "cpu-migrations", "page-faults", "minor-faults",
    "major-faults",     "task-clock",     "cpu-clock",
};

}  // namespace

absl::Status CheckEventName(absl::string_view name) {
  const auto permitted = [](unsigned char c) { return absl::ascii_isgraph(c) && c != ','; };
  const auto tells = [](unsigned char c) { return absl::ascii_isalnum(c); };
  if (name.size() <= kLongestName && std::all_of(name.begin(), name.end(), permitted) &&
      std::any_of(name.begin(), name.end(), tells)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", absl::CHexEscape(name.substr(0, kLongestName)),
                   "' is no name of an event; such as cycles, instructions:u, sched:sched_switch"));
}

bool IsKernelsOwn(absl::string_view event) {
  return std::find(std::begin(kKernelsOwn), std::end(kKernelsOwn), event) != std::end(kKernelsOwn);
}

}  // namespace copycost
