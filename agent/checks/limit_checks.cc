#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/checks/checks.h"
#include "common/check.h"
#include "common/units.h"

namespace copycost {
namespace {

// What limits of the owner's own say, and how a run keeps to them.
struct Said {
  std::vector<std::string> found;
  std::vector<std::string> remedies;
};

void SayRate(uint64_t bits_per_s, Said& said) {
  if (bits_per_s == 0) return;
  const std::string rate = FormatBitRate(bits_per_s);
  said.found.push_back(absl::StrCat(rate, " bit/s of all flows together (--max-rate)"));
  said.remedies.push_back(absl::StrCat("copycost run --pacing ", rate, ", divided by the flows"));
}

void SayMemory(uint64_t bytes, Said& said) {
  if (bytes == 0) return;
  said.found.push_back(absl::StrCat(FormatBytes(bytes), " of message buffers (--max-memory)"));
  said.remedies.push_back("fewer threads, smaller messages or a shallower ring");
}

}  // namespace

std::vector<v1::Check> LimitChecks(const Limits& limits) {
  constexpr char kName[] = "permitted trials";
  const std::string always = absl::StrCat("up to ", limits.max_flows, " flows, and ",
                                          absl::FormatDuration(limits.max_duration), " of traffic");
  Said said;
  SayRate(limits.max_rate_bits_per_s, said);
  SayMemory(limits.max_memory_bytes, said);
  if (said.found.empty()) return {OkCheck(kName, always)};
  return {LimitedCheck(kName, absl::StrCat(always, "; ", absl::StrJoin(said.found, "; ")),
                       absl::StrCat(absl::StrJoin(said.remedies, "; "),
                                    "; or start copycost-agent with other limits"))};
}

}  // namespace copycost
