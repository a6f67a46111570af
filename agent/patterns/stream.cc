#include "agent/patterns/stream.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "common/clock.h"
#include "common/status.h"

namespace copycost {
namespace {

// How long a sender that waits for completions goes without looking at the gate.
constexpr absl::Duration kLook = absl::Milliseconds(10);

absl::Status WaitForCompletions(Sender& sender, FlowMeter& meter) {
  const int64_t begin = MonotonicNanos();
  absl::Status waited = sender.AwaitCompletions(absl::FromUnixNanos(begin) + kLook);
  meter.counters().completion_wait_ns.Add(static_cast<uint64_t>(MonotonicNanos() - begin));
  return waited;
}

}  // namespace

void EchoStream(const StreamOptions& options, v1::Workload& applied) {
  applied.set_pattern(v1::PATTERN_STREAM);
  applied.set_messages_per_flow(options.messages);
}

absl::Status StreamSend(const StreamOptions& options, Sender& sender, FlowMeter& meter) {
  uint64_t left = options.messages > 0 ? options.messages : std::numeric_limits<uint64_t>::max();
  while (left > 0 && meter.Pass()) {
    const absl::StatusOr<Progress> sent = sender.Send(1);
    if (!sent.ok()) return sent.status();
    const Progress& progress = *sent;  // not copied: it has only just been written, in parts
    if (progress.bytes != progress.messages * options.message_bytes) {
      return absl::DataLossError(absl::StrCat("the sender submitted ", progress.bytes,
                                              " bytes as a message of ", options.message_bytes));
    }
    meter.counters().messages.Add(progress.messages);
    meter.counters().bytes.Add(progress.bytes);
    left -= progress.messages;
    if (progress.blocked_on == BlockedOn::kCompletions) {
      RETURN_IF_ERROR(WaitForCompletions(sender, meter));
      RETURN_IF_ERROR(sender.Reap());
    }
  }
  return absl::OkStatus();
}

absl::Status StreamReceive(const StreamOptions& options, Receiver& receiver, FlowMeter& meter) {
  while (true) {
    meter.Pass();  // the gate's stop is the senders' affair
    ASSIGN_OR_RETURN(const Arrival arrival, receiver.Receive());
    meter.counters().bytes.Add(arrival.bytes);
    if (arrival.end_of_stream) break;
  }
  const uint64_t bytes = meter.counters().bytes.Get();
  if (options.messages > 0 && bytes != options.messages * options.message_bytes) {
    return absl::DataLossError(absl::StrCat("the stream ended after ", bytes, " bytes; ",
                                            options.messages * options.message_bytes, " were due"));
  }
  return absl::OkStatus();
}

}  // namespace copycost
