// The stream pattern: as many messages as the socket takes, one way. Owns timing, waiting and stop;
// knows no mode.
#ifndef COPYCOST_AGENT_PATTERNS_STREAM_H_
#define COPYCOST_AGENT_PATTERNS_STREAM_H_

#include <cstdint>

#include "absl/status/status.h"
#include "agent/measure/flow_meter.h"
#include "agent/patterns/credit.h"
#include "agent/receive_modes/receiver.h"
#include "agent/send_modes/sender.h"
#include "copycost/v1/experiment.pb.h"

namespace copycost {

struct StreamOptions {
  uint64_t message_bytes;
  uint64_t messages;         // 0: until the gate says stop
  Credit* credit = nullptr;  // null: whoever sends is held back by the socket alone
};

// The pattern's part of what a trial applies.
void EchoStream(const StreamOptions& options, v1::Workload& applied);

// Sends until the gate says stop or `messages` are sent. Does not drain. DataLoss when the sender
// submits a message of another size.
absl::Status StreamSend(const StreamOptions& options, Sender& sender, FlowMeter& meter);

// Receives to the end of the stream, past the gate's stop: what was sent must be taken. DataLoss
// when `messages` are due and the stream ends with another number of bytes.
absl::Status StreamReceive(const StreamOptions& options, Receiver& receiver, FlowMeter& meter);

// DataLoss when `messages` are due and the stream has ended with another number of bytes.
absl::Status CheckStreamEnd(const StreamOptions& options, const FlowMeter& meter);

}  // namespace copycost

#endif  // COPYCOST_AGENT_PATTERNS_STREAM_H_
