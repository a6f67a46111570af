#include "agent/patterns/stream.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "agent/patterns/send_step.h"
#include "common/status.h"

namespace copycost {

void EchoStream(const StreamOptions& options, v1::Workload& applied) {
  applied.set_pattern(v1::PATTERN_STREAM);
  applied.set_messages_per_flow(options.messages);
}

absl::Status StreamSend(const StreamOptions& options, Sender& sender, FlowMeter& meter) {
  uint64_t left = options.messages > 0 ? options.messages : std::numeric_limits<uint64_t>::max();
  while (left > 0 && meter.Pass()) {
    if (options.credit != nullptr) {
      RETURN_IF_ERROR(options.credit->Await(meter.counters().bytes.Get(), options.message_bytes));
    }
    const absl::StatusOr<uint32_t> sent = SendStep(sender, options.message_bytes, meter);
    if (!sent.ok()) return sent.status();
    meter.counters().messages.Add(*sent);
    left -= *sent;
  }
  return absl::OkStatus();
}

absl::Status StreamReceive(const StreamOptions& options, Receiver& receiver, FlowMeter& meter) {
  while (true) {
    meter.Pass();  // the gate's stop is the senders' affair
    ASSIGN_OR_RETURN(const Arrival arrival, receiver.Receive());
    meter.counters().bytes.Add(arrival.bytes);
    if (arrival.end_of_stream) break;
    if (options.credit != nullptr) {
      RETURN_IF_ERROR(options.credit->Grant(meter.counters().bytes.Get()));
    }
  }
  return CheckStreamEnd(options, meter);
}

absl::Status CheckStreamEnd(const StreamOptions& options, const FlowMeter& meter) {
  const uint64_t bytes = meter.counters().bytes.Get();
  if (options.messages > 0 && bytes != options.messages * options.message_bytes) {
    return absl::DataLossError(absl::StrCat("the stream ended after ", bytes, " bytes where ",
                                            options.messages * options.message_bytes, " were due"));
  }
  return absl::OkStatus();
}

}  // namespace copycost
