#include "agent/transport/datagram_watch.h"

#include <sys/socket.h>

#include "absl/strings/str_cat.h"
#include "common/mode_traits.h"
#include "common/status.h"

namespace copycost {
namespace {

constexpr absl::Duration kPeriod = absl::Milliseconds(100);

// Whether anything was told since the last look; the end of the connection is nothing. A byte comes
// each period: whoever sends without end is read no faster than this.
bool WasTold(int control) {
  char heard[64];
  return ::recv(control, heard, sizeof(heard), MSG_DONTWAIT) > 0;
}

}  // namespace

DatagramWatch::DatagramWatch(absl::Span<const Flow> flows, const v1::Workload& workload,
                             absl::Time now)
    : exchanges_(Exchanges(workload.pattern())), silence_(kSilence), due_(now + kPeriod) {
  if (workload.rate() > 0) silence_ += absl::Seconds(1) / static_cast<double>(workload.rate());
  for (const Flow& flow : flows) {
    flows_.push_back({.flow = flow, .bytes = 0, .moved = now});
  }
}

absl::Status DatagramWatch::Tick(absl::Time now) {
  due_ = now + kPeriod;
  for (Watched& watched : flows_) {
    RETURN_IF_ERROR(exchanges_ ? TickExchanges(watched, now) : TickStream(watched, now));
  }
  return absl::OkStatus();
}

void DatagramWatch::Forget(uint32_t flow) {
  std::erase_if(flows_, [&](const Watched& watched) { return watched.flow.flow == flow; });
}

absl::Status DatagramWatch::TickStream(Watched& watched, absl::Time now) const {
  if (watched.flow.role == v1::ROLE_RECEIVER) {
    const uint64_t bytes = watched.flow.counters->bytes.Get();
    // A connection that takes no byte, or is gone, is its other end's to find silent.
    if (bytes != watched.bytes) ::send(watched.flow.control, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    watched.bytes = bytes;
    return absl::OkStatus();
  }
  if (WasTold(watched.flow.control)) watched.moved = now;
  if (now - watched.moved <= silence_) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("flow ", watched.flow.flow,
                                             ": the receiver has told nothing for ",
                                             absl::FormatDuration(silence_), "; stopped"));
}

absl::Status DatagramWatch::TickExchanges(Watched& watched, absl::Time now) const {
  if (watched.flow.role == v1::ROLE_RECEIVER) return absl::OkStatus();
  const uint64_t bytes = watched.flow.counters->bytes.Get();
  if (bytes != watched.bytes) watched.moved = now;
  watched.bytes = bytes;
  if (now - watched.moved <= silence_) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("flow ", watched.flow.flow, ": no answer came for ",
                                          absl::FormatDuration(silence_),
                                          ": a datagram was lost; stopped"));
}

}  // namespace copycost
