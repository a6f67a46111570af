// The exchange patterns: a request one way, its response the other, one exchange of a flow at a
// time. The sender's end is the client, the receiver's the server. Owns timing, waiting and stop;
// knows no mode.
//
// Without a rate (rr) an exchange begins when the one before is over. With one (paced) each has an
// intended instant, so many a second from the start: the client waits for it, or, where the one
// before is late, begins at once. Latency counts from the intended instant, so that what had to
// wait behind a slow exchange tells of it too.
#ifndef COPYCOST_AGENT_PATTERNS_EXCHANGE_H_
#define COPYCOST_AGENT_PATTERNS_EXCHANGE_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "agent/measure/flow_meter.h"
#include "agent/measure/latency_histogram.h"
#include "agent/measure/one_way_latency.h"
#include "agent/receive_modes/receiver.h"
#include "agent/send_modes/sender.h"
#include "copycost/v1/experiment.pb.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

struct ExchangeOptions {
  uint64_t request_bytes;
  uint64_t response_bytes;
  uint64_t exchanges;  // 0: until the gate says stop
  uint64_t rate;       // of intended instants, a second; 0: none
};

// The two ways of one end, on one socket and in one thread.
struct ExchangeEnd {
  Sender& sender;
  Receiver& receiver;
  FlowMeter& meter;
};

// What was moved, whole messages only.
struct ExchangeTotals {
  uint64_t request_bytes = 0;
  uint64_t response_bytes = 0;
};

// The pattern's part of what a trial applies. The rate is the client's affair.
void EchoExchange(const ExchangeOptions& options, v1::Role role, v1::Workload& applied);

// From the start of the flow to the intended instant of exchange `number`, from 0. No rounding adds
// up: exchange `rate` begins after exactly a second.
constexpr int64_t IntendedNs(uint64_t rate, uint64_t number) {
  return static_cast<int64_t>(number / rate * 1'000'000'000 + number % rate * 1'000'000'000 / rate);
}

// Requests, and takes the responses, until the gate says stop (the exchange under way is completed)
// or `exchanges` are done. Does not drain. Those that lie in the window enter `latency`. DataLoss
// when a message has another size than it should; Unavailable when the server ends its stream.
absl::StatusOr<ExchangeTotals> Request(const ExchangeOptions& options, const ExchangeEnd& client,
                                       LatencyHistogram& latency);

// Answers until the end of the stream, past the gate's stop. Does not drain. `one_way`, where it is
// not null, is told of each request. DataLoss when the stream ends within a request, or after
// another number of them than were due.
absl::StatusOr<ExchangeTotals> Answer(const ExchangeOptions& options, const ExchangeEnd& server,
                                      OneWayLatency* one_way = nullptr);

}  // namespace copycost

#endif  // COPYCOST_AGENT_PATTERNS_EXCHANGE_H_
