#include "agent/patterns/exchange.h"

#include <time.h>

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "agent/patterns/send_step.h"
#include "common/clock.h"
#include "common/status.h"

namespace copycost {
namespace {

// A sleeper wakes up late: by the kernel's timer slack (50 us), and by what a CPU takes to leave
// idleness. The rest of the wait is spent looking at the clock.
constexpr int64_t kWakeEarlyNs = 100'000;
// How long a client that waits goes without looking at the gate.
constexpr int64_t kLookNs = 5'000'000;

void SleepUntil(int64_t instant_ns) {
  const timespec until = absl::ToTimespec(absl::FromUnixNanos(instant_ns));
  // A signal ends it early; the caller looks at the clock anyway.
  ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
}

// False when the gate says stop before the instant has come.
bool AwaitInstant(int64_t instant_ns, FlowMeter& meter) {
  for (int64_t now = MonotonicNanos(); now < instant_ns - kWakeEarlyNs; now = MonotonicNanos()) {
    SleepUntil(std::min(instant_ns - kWakeEarlyNs, now + kLookNs));
    if (!meter.Pass()) return false;
  }
  while (MonotonicNanos() < instant_ns) {
  }
  return true;
}

// A message that was begun is sent whole, whatever the gate says.
absl::Status SendWhole(uint64_t message_bytes, const ExchangeEnd& end) {
  while (true) {
    ASSIGN_OR_RETURN(const uint32_t sent, SendStep(end.sender, message_bytes, end.meter));
    if (sent > 0) break;
    end.meter.Pass();
  }
  // A notification left in the socket's error queue would wake every wait for what comes next.
  return end.sender.outstanding() > 0 ? end.sender.Reap() : absl::OkStatus();
}

enum class Taken { kWhole, kPart, kNothing };

// Takes a message whole, or up to the end of the stream. DataLoss when more comes than a message:
// the peer sends the next one only when it has the answer to this.
absl::StatusOr<Taken> TakeWhole(uint64_t message_bytes, const ExchangeEnd& end) {
  uint64_t left = message_bytes;
  while (left > 0) {
    ASSIGN_OR_RETURN(const Arrival arrival, end.receiver.Receive());
    end.meter.counters().bytes.Add(arrival.bytes);
    if (arrival.bytes > left) {
      return absl::DataLossError(absl::StrCat("a message of ", message_bytes, " bytes came with ",
                                              arrival.bytes - left, " more"));
    }
    left -= arrival.bytes;
    if (arrival.end_of_stream && left > 0) {
      return left == message_bytes ? Taken::kNothing : Taken::kPart;
    }
    if (left > 0) end.meter.Pass();
  }
  return Taken::kWhole;
}

}  // namespace

void EchoExchange(const ExchangeOptions& options, v1::Role role, v1::Workload& applied) {
  applied.set_pattern(options.rate > 0 ? v1::PATTERN_PACED : v1::PATTERN_RR);
  applied.set_messages_per_flow(options.exchanges);
  if (role == v1::ROLE_SENDER) applied.set_rate(static_cast<uint32_t>(options.rate));
}

absl::StatusOr<ExchangeTotals> Request(const ExchangeOptions& options, const ExchangeEnd& client,
                                       LatencyHistogram& latency) {
  FlowMeter& meter = client.meter;
  const uint64_t most =
      options.exchanges > 0 ? options.exchanges : std::numeric_limits<uint64_t>::max();
  const int64_t started = MonotonicNanos();
  ExchangeTotals totals;
  for (uint64_t number = 0; number < most && meter.Pass(); ++number) {
    int64_t begin = MonotonicNanos();
    if (options.rate > 0) {
      begin = started + IntendedNs(options.rate, number);
      if (!AwaitInstant(begin, meter)) break;
    }
    RETURN_IF_ERROR(SendWhole(options.request_bytes, client));
    ASSIGN_OR_RETURN(const Taken taken, TakeWhole(options.response_bytes, client));
    if (taken != Taken::kWhole) {
      return absl::UnavailableError("the server ended the stream where a response was due");
    }
    const int64_t end = MonotonicNanos();
    if (meter.InWindow(begin, end)) latency.Record(static_cast<uint64_t>(end - begin));
    meter.counters().messages.Add(1);
    totals.request_bytes += options.request_bytes;
    totals.response_bytes += options.response_bytes;
  }
  return totals;
}

absl::StatusOr<ExchangeTotals> Answer(const ExchangeOptions& options, const ExchangeEnd& server,
                                      OneWayLatency* one_way) {
  ExchangeTotals totals;
  uint64_t answered = 0;
  while (true) {
    server.meter.Pass();  // the gate's stop is the clients' affair
    ASSIGN_OR_RETURN(const Taken taken, TakeWhole(options.request_bytes, server));
    if (taken == Taken::kPart) return absl::DataLossError("the stream ended within a request");
    if (taken == Taken::kNothing) break;
    if (one_way != nullptr) one_way->Taken(server.meter);
    RETURN_IF_ERROR(SendWhole(options.response_bytes, server));
    server.meter.counters().messages.Add(1);
    ++answered;
    totals.request_bytes += options.request_bytes;
    totals.response_bytes += options.response_bytes;
  }
  if (options.exchanges > 0 && answered != options.exchanges) {
    return absl::DataLossError(absl::StrCat("the stream ended after ", answered, " requests where ",
                                            options.exchanges, " were due"));
  }
  return totals;
}

}  // namespace copycost
