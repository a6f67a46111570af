#include "coordinator/experiment/verification.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "common/buffer_axes.h"
#include "common/flow_axes.h"
#include "common/mode_traits.h"
#include "common/units.h"
#include "coordinator/experiment/ring_depth.h"
#include "coordinator/record/verified_path.h"

namespace copycost {
namespace {

using ::copycost::record::PathOf;
using ::copycost::record::VerifiedPath;

constexpr uint64_t kAllBytes = 64 * kMiB;
constexpr uint64_t kSmallBytes = 16 * kMiB;
// Of all flows. What is checked of so many that are small is the path, and no more of them would
// tell more of it.
constexpr uint64_t kMostMessages = uint64_t{1} << 18;
constexpr uint64_t kMostPinnedFields = uint64_t{1} << 18;
// The first message, one that reuses its buffer in the shallowest ring, and one after that.
constexpr uint64_t kLeastMessages = 3;
// A system call and its share of the receiver's; making, copying and comparing content; a page that
// is pinned and queued for each field, and copied anew on a local path, where the kernel makes
// several segments of a message with more fields than one of them holds. Rough: the modes differ,
// and hosts do.
constexpr absl::Duration kOneMessage = absl::Microseconds(1);
constexpr absl::Duration kOneField = absl::Nanoseconds(100);
constexpr uint32_t kFieldsOfASegment = 17;  // MAX_SKB_FRAGS
constexpr absl::Duration kOnePinnedField = absl::Microseconds(1);
constexpr absl::Duration kOneOfManyPinnedFields = absl::Microseconds(8);
constexpr absl::Duration kOneByte = absl::Nanoseconds(4);
// An exchange waits for the other end twice. So many of them, over all flows, take a second.
constexpr absl::Duration kOneExchange = absl::Microseconds(100);
constexpr uint64_t kMostExchanges = 8192;
// Datagrams wait for the receiver's word that it has taken those before.
constexpr absl::Duration kOneDatagram = absl::Microseconds(20);
constexpr uint64_t kMostDatagrams = 65536;
// So fast that every exchange begins when the one before is over: what is verified is the bytes.
constexpr uint32_t kNoWaiting = 1'000'000;

uint64_t BytesOfEach(const v1::Workload& workload) {
  return workload.message_bytes() + workload.response_bytes();
}

// A response has as many as a request.
uint64_t FieldsOfEach(const v1::Workload& workload) {
  return MessageSizesOf(workload).size() * std::max(workload.fields(), 1U);
}

// A ring is gone round twice, a working set once and a little further. Of a ring that is not
// resolved yet the depth is what locked memory without a limit gives it.
uint64_t LeastMessages(const v1::Workload& workload) {
  const std::vector<uint64_t> sizes = MessageSizesOf(workload);
  const uint64_t smallest = *std::min_element(sizes.begin(), sizes.end());
  const uint64_t ring_depth = ResolveRingDepth(workload, std::nullopt);
  return std::max(
      {kLeastMessages, 2 * ring_depth + 1, WorkingMessages(workload, smallest) + kLeastMessages});
}

v1::Workload Verifying(const v1::Workload& measured, uint64_t total_bytes) {
  v1::Workload workload = measured;
  workload.set_touch(v1::TOUCH_VERIFY);
  workload.set_read(v1::READ_VERIFY);
  workload.set_warmup_ns(0);
  workload.set_window_ns(0);
  // An MTU that a host refuses must not keep the others from being measured; but where it decides
  // how bytes are delivered, it has a path of its own.
  const bool cuts = record::CutsAsAsked(measured);
  if (!MapsPages(measured.receive_mode()) && !cuts) workload.set_mtu(0);
  // Likewise what a socket or an interface may be refused.
  if (workload.tso() != v1::OFFLOAD_UNSPECIFIED) workload.set_tso(v1::OFFLOAD_FOUND);
  if (workload.gro() != v1::OFFLOAD_UNSPECIFIED) workload.set_gro(v1::OFFLOAD_FOUND);
  workload.clear_send_buffer_bytes();
  workload.clear_receive_buffer_bytes();
  if (!cuts) workload.clear_mss_bytes();
  workload.clear_busy_poll_us();
  workload.clear_extra_copies();
  workload.set_placement(v1::PLACEMENT_SPREAD);
  if (HasRate(measured.pattern())) workload.set_rate(kNoWaiting);
  const uint64_t bytes_of_each = BytesOfEach(workload) * FlowsOf(workload);
  uint64_t messages = (total_bytes + bytes_of_each - 1) / bytes_of_each;
  if (Exchanges(measured.pattern())) {
    messages = std::min<uint64_t>(messages, kMostExchanges / FlowsOf(workload));
  } else if (IsDatagrams(measured.transport())) {
    messages = std::min<uint64_t>(messages, kMostDatagrams / FlowsOf(workload));
  }
  messages = std::min(messages, kMostMessages / FlowsOf(workload));
  if (PinsBuffers(measured.send_mode())) {
    messages = std::min(messages, kMostPinnedFields / (FlowsOf(workload) * FieldsOfEach(workload)));
  }
  workload.set_messages_per_flow(std::max(messages, LeastMessages(workload)));
  return workload;
}

uint64_t BytesOf(const v1::Workload& verification) {
  return verification.messages_per_flow() * FlowsOf(verification) * BytesOfEach(verification);
}

// Of the workloads of one path: the smallest and the largest message, of few flows.
struct Extremes {
  const v1::Workload* smallest = nullptr;
  const v1::Workload* largest = nullptr;

  void Add(const v1::Workload& workload) {
    const auto small_first = [](const v1::Workload& w) {
      return std::pair(BytesOfEach(w), FlowsOf(w));
    };
    const auto large_first = [](const v1::Workload& w) {
      return std::pair(~BytesOfEach(w), FlowsOf(w));
    };
    if (!smallest || small_first(workload) < small_first(*smallest)) smallest = &workload;
    if (!largest || large_first(workload) < large_first(*largest)) largest = &workload;
  }
};

}  // namespace

std::vector<v1::Workload> VerificationsOf(absl::Span<const v1::Workload> measured) {
  std::map<VerifiedPath, Extremes> extremes;
  std::vector<VerifiedPath> in_order;
  for (const v1::Workload& workload : measured) {
    if (DeliversNothing(workload.receive_mode())) continue;  // there is nothing to check
    const auto [path, is_new] = extremes.try_emplace(PathOf(workload));
    path->second.Add(workload);
    if (is_new) in_order.push_back(path->first);
  }
  std::vector<v1::Workload> verifications;
  for (const VerifiedPath& path : in_order) {
    const auto& [smallest, largest] = extremes[path];
    if (BytesOfEach(*smallest) == BytesOfEach(*largest)) {
      verifications.push_back(Verifying(*smallest, kAllBytes));
      continue;
    }
    verifications.push_back(Verifying(*smallest, kSmallBytes));
    const uint64_t small_bytes = std::min(kAllBytes, BytesOf(verifications.back()));
    verifications.push_back(Verifying(*largest, kAllBytes - small_bytes));
  }
  return verifications;
}

absl::Duration EstimateTraffic(const v1::Workload& verification) {
  const auto messages =
      static_cast<double>(verification.messages_per_flow() * FlowsOf(verification));
  const double bytes = messages * static_cast<double>(BytesOfEach(verification));
  const absl::Duration one = Exchanges(verification.pattern())       ? kOneExchange
                             : IsDatagrams(verification.transport()) ? kOneDatagram
                                                                     : kOneMessage;
  const absl::Duration pinned =
      verification.fields() > kFieldsOfASegment ? kOneOfManyPinnedFields : kOnePinnedField;
  const absl::Duration field = PinsBuffers(verification.send_mode()) ? pinned : kOneField;
  const absl::Duration work =
      (one + field * FieldsOfEach(verification)) * messages + kOneByte * bytes;
  if (verification.pacing_bits_per_s() == 0) return work;
  const auto rate = static_cast<double>(verification.pacing_bits_per_s() * FlowsOf(verification));
  return std::max(work, absl::Seconds(8 * bytes / rate));
}

}  // namespace copycost
