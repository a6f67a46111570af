#include "agent/limits.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/host_info.h"
#include "agent/message_buffers.h"
#include "agent/page_memory.h"
#include "agent/receive_modes/receive_modes.h"
#include "common/buffer_axes.h"
#include "common/mode_traits.h"
#include "common/status.h"
#include "common/units.h"
#include "common/words.h"

namespace copycost {
namespace {

absl::Status Beyond(absl::string_view flag, absl::string_view what) {
  return absl::ResourceExhaustedError(
      absl::StrCat(what, "; copycost-agent ", flag, " would have to permit it"));
}

absl::Status CheckRate(const Limits& limits, const v1::Prepare& prepare) {
  if (limits.max_rate_bits_per_s == 0) return absl::OkStatus();
  const bool all_send = Exchanges(prepare.workload().pattern());
  const auto senders = static_cast<uint64_t>(std::count_if(
      prepare.ends().begin(), prepare.ends().end(),
      [all_send](const v1::FlowEnd& end) { return all_send || end.role() == v1::ROLE_SENDER; }));
  const uint64_t pacing = prepare.workload().pacing_bits_per_s();
  if (senders == 0 || (pacing > 0 && pacing <= limits.max_rate_bits_per_s / senders)) {
    return absl::OkStatus();
  }
  if (IsLocal(prepare.workload().transport()) || IsDatagrams(prepare.workload().transport())) {
    return Beyond("--max-rate",
                  absl::StrCat(Label(prepare.workload().transport()),
                               " cannot be paced, and this agent sends ",
                               FormatBitRate(limits.max_rate_bits_per_s), " bit/s at most"));
  }
  const std::string asked =
      pacing == 0 ? "no pacing" : absl::StrCat(FormatBitRate(pacing), " bit/s");
  return Beyond("--max-rate",
                absl::StrCat("this agent sends ", FormatBitRate(limits.max_rate_bits_per_s),
                             " bit/s at most, and ", asked, " was asked for each of ", senders,
                             senders == 1 ? " flow" : " flows", "; ask for --pacing ",
                             FormatBitRate(limits.max_rate_bits_per_s / senders), " or less"));
}

// A file or fresh pages of 4 MiB, or of the working set, and a pipe.
constexpr uint64_t kMostLent = uint64_t{4} << 20;
constexpr uint64_t kPipe = uint64_t{1} << 20;
// Each way has a few buffers of its own, which begin and end on huge pages: together so many more.
constexpr uint64_t kHugePages = 6;

// Messages of that size that pass through one way's memory; its staging buffer and the like
// besides.
uint64_t MessagesOf(const v1::Workload& workload, uint64_t bytes) {
  return std::max<uint64_t>(workload.ring_depth(), WorkingMessages(workload, bytes)) + 4;
}

uint64_t BuffersOf(const v1::Workload& workload, uint64_t bytes) {
  return MessagesOf(workload, bytes) *
         MessageBuffers::MemoryOf(bytes, workload.fields(), workload.alignment_bytes());
}

// Buffers are faulted in, so what does not fit would take the host down. Another agent of this host
// may want as much.
absl::Status CheckMemory(const Limits& limits, const v1::Prepare& prepare) {
  const v1::Workload& workload = prepare.workload();
  uint64_t buffers = BuffersOf(workload, workload.message_bytes());
  // Of requests and responses, each end sends one and takes the other.
  if (Exchanges(workload.pattern())) buffers += BuffersOf(workload, workload.response_bytes());
  if (LendsPages(workload.send_mode())) {
    buffers += std::max<uint64_t>(kMostLent, workload.working_set_bytes()) + kPipe;
  }
  if (MapsPages(workload.receive_mode())) buffers += MappingBytes(workload.message_bytes());
  if (workload.huge_pages() != v1::HUGE_PAGES_NONE) {
    ASSIGN_OR_RETURN(const uint64_t page, PageBytesOf(workload.huge_pages()));
    buffers += kHugePages * page;
  }
  // The kernel keeps twice what is asked for.
  const uint64_t socket = 2 * (workload.send_buffer_bytes() + workload.receive_buffer_bytes());
  const uint64_t need = (buffers + socket) * prepare.ends_size();
  if (limits.max_memory_bytes > 0 && need > limits.max_memory_bytes) {
    return Beyond(
        "--max-memory",
        absl::StrCat("the message buffers and sockets of this trial take ", need >> 20, " MiB"));
  }
  ASSIGN_OR_RETURN(const uint64_t available, AvailableMemory());
  if (need <= available / 2) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      "the message buffers and sockets of this trial take ", need >> 20,
      " MiB, and half of what is "
      "available is ",
      available >> 21, " MiB; use fewer flows, smaller messages or buffers, or a shallower ring"));
}

}  // namespace

std::vector<Network> PrivateNetworks() {
  std::vector<Network> networks;
  for (const char* text :
       {"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10",
        "198.18.0.0/15", "::1/128", "fc00::/7", "2001:2::/48"}) {
    networks.push_back(*Network::Parse(text));
  }
  return networks;
}

absl::Status CheckLimits(const Limits& limits, const v1::Prepare& prepare) {
  if (static_cast<uint64_t>(prepare.ends_size()) > limits.max_flows) {
    return Beyond("--max-flows",
                  absl::StrCat("the trial has ", prepare.ends_size(), " flows here"));
  }
  const absl::Duration traffic = absl::Nanoseconds(prepare.workload().warmup_ns()) +
                                 absl::Nanoseconds(prepare.workload().window_ns());
  if (traffic > limits.max_duration) {
    return Beyond("--max-duration",
                  absl::StrCat("the trial lasts ", absl::FormatDuration(traffic)));
  }
  RETURN_IF_ERROR(CheckRate(limits, prepare));
  return CheckMemory(limits, prepare);
}

absl::Status CheckPeerAddress(const Limits& limits, absl::string_view text) {
  ASSIGN_OR_RETURN(const IpAddress address, IpAddress::Parse(text));
  RETURN_IF_ERROR(address.CheckUnicast());
  const bool allowed =
      std::any_of(limits.allow.begin(), limits.allow.end(),
                  [&](const Network& network) { return network.Contains(address); });
  if (allowed) return absl::OkStatus();
  return absl::PermissionDeniedError(absl::StrCat(
      "this agent exchanges data with ",
      absl::StrJoin(
          limits.allow, ", ",
          [](std::string* out, const Network& network) { out->append(network.ToString()); }),
      " only, not with ", address.ToString(), "; copycost-agent --allow would have to permit it"));
}

}  // namespace copycost
