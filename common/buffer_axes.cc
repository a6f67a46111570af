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
  const uint64_t most_bytes = v1::Workload::descriptor()
                                  ->FindFieldByNumber(v1::Workload::kWorkingSetBytesFieldNumber)
                                  ->options()
                                  .GetExtension(v1::axis)
                                  .maximum();
  if (bytes > most_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ", in whole messages, is more than ", FormatBytes(most_bytes)));
  }
  if (bytes % workload.message_bytes() != 0) {
    return absl::InvalidArgumentError(absl::StrCat(name, " is no whole number of messages of ",
                                                   workload.message_bytes(), " bytes"));
  }
  const std::vector<uint64_t> sizes = MessageSizesOf(workload);
  const auto [smallest_size, largest_size] = std::minmax_element(sizes.begin(), sizes.end());
  const uint64_t smallest = *smallest_size;
  const uint64_t messages = WorkingMessages(workload, smallest);
  const uint64_t most =
      std::min(kMostWorkingMessages, kMostWorkingFields / std::max(workload.fields(), 1U));
  if (messages > most) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, " has ", messages, " messages of ", smallest, " bytes; at most ", most,
        workload.fields() > 1 ? absl::StrCat(" of ", workload.fields(), " fields") : "",
        " can be cycled through"));
  }
  const uint64_t largest = *largest_size;
  if (PinsBuffers(workload.send_mode()) &&
      workload.ring_depth() > WorkingMessages(workload, largest)) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, " has no room for a ring of ", workload.ring_depth(), " messages of ",
                     largest, " bytes; leave --ring-depth out, or enlarge it"));
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
  return RoundUp(working_set_bytes, message_bytes);
}

uint64_t WorkingMessages(const v1::Workload& workload, uint64_t message_bytes) {
  return WorkingSetOf(workload.working_set_bytes(), message_bytes) / message_bytes;
}

std::vector<uint64_t> MessageSizesOf(const v1::Workload& workload) {
  std::vector<uint64_t> sizes = {std::max<uint64_t>(workload.message_bytes(), 1)};
  if (workload.response_bytes() > 0) sizes.push_back(workload.response_bytes());
  return sizes;
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
