// The stream pattern where one thread has several flows. It waits for all of them at once, and of
// each that is ready it sends one message, or takes what one call brings, in turn: none is waited
// for while there is something to do for another. Owns timing, waiting and stop; knows no mode.
//
// A message is sent by the same calls as where the thread has one flow, which block: a socket that
// has room may have less than the message takes.
#ifndef COPYCOST_AGENT_PATTERNS_STREAMS_H_
#define COPYCOST_AGENT_PATTERNS_STREAMS_H_

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "agent/measure/flow_meter.h"
#include "agent/patterns/credit.h"
#include "agent/patterns/stream.h"
#include "agent/receive_modes/receiver.h"
#include "agent/send_modes/sender.h"

namespace copycost {

struct SendingFlow {
  uint32_t number;
  int socket;
  Sender& sender;
  FlowMeter& meter;
  Credit* credit = nullptr;  // as in StreamOptions, whose own is not looked at
};

struct ReceivingFlow {
  uint32_t number;
  int socket;
  Receiver& receiver;
  FlowMeter& meter;
  Credit* credit = nullptr;  // likewise
  // The stream has ended, while others may go on: the peer may wait to hear of it.
  std::function<absl::Status()> on_end;
};

// As StreamSend and StreamReceive, of each flow; what goes wrong names the flow. There is at least
// one, and the first one's meter looks for all (FlowMeter::LookFor).
absl::Status SendStreams(const StreamOptions& options, absl::Span<const SendingFlow> flows);
absl::Status ReceiveStreams(const StreamOptions& options, absl::Span<const ReceivingFlow> flows);

}  // namespace copycost

#endif  // COPYCOST_AGENT_PATTERNS_STREAMS_H_
