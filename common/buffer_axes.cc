#include "common/buffer_axes.h"

#include <algorithm>
#include <bit>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/mode_traits.h"
#include "common/units.h"
#include "common/words.h"

namespace copycost {
namespace {

absl::Status CheckWorkingSet(const v1::Workload& workload) {
  const uint64_t bytes = workload.working_set_bytes();
  if (bytes == 0) return absl::OkStatus();
  const std::string name = absl::StrCat("a working set of ", FormatBytes(bytes));
  if (bytes % workload.message_bytes() != 0) {
    return absl::InvalidArgumentError(absl::StrCat(name, " is no whole number of messages of ",
                                                   workload.message_bytes(), " bytes"));
  }
  const uint64_t smallest = workload.response_bytes() > 0
                                ? std::min(workload.message_bytes(), workload.response_bytes())
                                : workload.message_bytes();
  const uint64_t messages = WorkingSetOf(bytes, smallest) / smallest;
  const uint64_t most =
      std::min(kMostWorkingMessages, kMostWorkingFields / std::max(workload.fields(), 1U));
  if (messages > most) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, " has ", messages, " messages of ", smallest, " bytes; at most ", most,
        workload.fields() > 1 ? absl::StrCat(" of ", workload.fields(), " fields") : "",
        " can be cycled through"));
  }
  if (PinsBuffers(workload.send_mode()) && workload.ring_depth() > WorkingMessages(workload)) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, " has no room for a ring of ", workload.ring_depth(), " messages of ",
                     workload.message_bytes(), " bytes; leave --ring-depth out, or enlarge it"));
  }
  return absl::OkStatus();
}

absl::Status CheckHugePages(const v1::Workload& workload) {
  if (workload.huge_pages() == v1::HUGE_PAGES_NONE || !LendsPages(workload.send_mode())) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("the pages that ", Label(workload.send_mode()),
                   " sends are a file's or a pipe's, or come and go one by one: small ones"));
}

}  // namespace

uint64_t WorkingSetOf(uint64_t working_set_bytes, uint64_t message_bytes) {
  return (working_set_bytes + message_bytes - 1) / message_bytes * message_bytes;
}

uint64_t WorkingMessages(const v1::Workload& workload) {
  return workload.working_set_bytes() / std::max<uint64_t>(workload.message_bytes(), 1);
}

absl::Status CheckBufferAxes(const v1::Workload& workload) {
  const uint32_t alignment = workload.alignment_bytes();
  if (alignment != 0 && !std::has_single_bit(alignment)) {
    return absl::InvalidArgumentError(
        absl::StrCat("an alignment of ", alignment, " is no power of two"));
  }
  const absl::Status working_set = CheckWorkingSet(workload);
  return working_set.ok() ? CheckHugePages(workload) : working_set;
}

}  // namespace copycost
