#include "agent/patterns/send_step.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/status.h"

namespace copycost {
namespace {

// How long a sender that waits for completions goes without looking at the gate.
constexpr absl::Duration kLook = absl::Milliseconds(10);

}  // namespace

absl::Status WrongSizeSent(uint64_t bytes, uint64_t message_bytes) {
  return absl::DataLossError(
      absl::StrCat("the sender submitted ", bytes, " bytes as a message of ", message_bytes));
}

absl::Status AwaitCompletions(Sender& sender, FlowMeter& meter) {
  const int64_t begin = MonotonicNanos();
  absl::Status waited = sender.AwaitCompletions(absl::FromUnixNanos(begin) + kLook);
  meter.counters().completion_wait_ns.Add(static_cast<uint64_t>(MonotonicNanos() - begin));
  RETURN_IF_ERROR(waited);
  return sender.Reap();
}

}  // namespace copycost
