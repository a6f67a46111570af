// What every pattern does to send: gives the sender one message, checks and counts what it took,
// and waits for completions where it has to.
#ifndef COPYCOST_AGENT_PATTERNS_SEND_STEP_H_
#define COPYCOST_AGENT_PATTERNS_SEND_STEP_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/measure/flow_meter.h"
#include "agent/send_modes/sender.h"

namespace copycost {

absl::Status WrongSizeSent(uint64_t bytes, uint64_t message_bytes);

// Waits for 10 ms at most, so that the caller can look at the gate; then takes what has come.
absl::Status AwaitCompletions(Sender& sender, FlowMeter& meter);

// Messages submitted: 1, or 0 when the sender had to wait for completions first and is to be asked
// again. Counts bytes, not messages. DataLoss when the sender submits a message of another size.
inline absl::StatusOr<uint32_t> SendStep(Sender& sender, uint64_t message_bytes, FlowMeter& meter) {
  const absl::StatusOr<Progress> sent = sender.Send(1);
  if (!sent.ok()) return sent.status();
  const Progress& progress = *sent;  // not copied: it has only just been written, in parts
  if (progress.bytes != progress.messages * message_bytes) {
    return WrongSizeSent(progress.bytes, message_bytes);
  }
  meter.counters().bytes.Add(progress.bytes);
  if (progress.blocked_on == BlockedOn::kCompletions) {
    const absl::Status waited = AwaitCompletions(sender, meter);
    if (!waited.ok()) return waited;
  }
  return progress.messages;
}

// As SendStep, but without waiting: `messages` is 0 and `blocked_on` says so where completions have
// to come first. For a thread that has other flows to serve meanwhile.
inline absl::StatusOr<Progress> SendStepWithoutWaiting(Sender& sender, uint64_t message_bytes,
                                                       FlowMeter& meter) {
  absl::StatusOr<Progress> sent = sender.Send(1);
  if (!sent.ok()) return sent;
  if (sent->bytes != sent->messages * message_bytes) {
    return WrongSizeSent(sent->bytes, message_bytes);
  }
  meter.counters().bytes.Add(sent->bytes);
  return sent;
}

}  // namespace copycost

#endif  // COPYCOST_AGENT_PATTERNS_SEND_STEP_H_
