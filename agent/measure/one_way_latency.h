// How long requests take one way: from when the client had made one, which it writes into the first
// bytes of the message, to when the server has taken it whole. Both ends have the same clock, or it
// means nothing.
//
//   client: StampingContent writes the instant into each message
//   server: StampSink reads it; Taken() compares it with the clock
//
// Each end's part is called by its data thread only.
#ifndef COPYCOST_AGENT_MEASURE_ONE_WAY_LATENCY_H_
#define COPYCOST_AGENT_MEASURE_ONE_WAY_LATENCY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "absl/types/span.h"
#include "agent/content/content.h"
#include "agent/measure/flow_meter.h"
#include "agent/measure/latency_histogram.h"
#include "common/stamped.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

// Writes what `content` writes, and over its first kStampBytes the instant at which that was done.
// These bytes were written anyway; the field that has them holds them all.
std::unique_ptr<Content> MakeStampingContent(std::unique_ptr<Content> content);

class OneWayLatency {
 public:
  // Requests are of `message_bytes`, at least kStampBytes.
  explicit OneWayLatency(uint64_t message_bytes) : message_bytes_(message_bytes) {}

  // Bytes of the stream of requests, from `offset` on: all of them, in order, and of one message at
  // a time.
  void See(uint64_t offset, absl::Span<const std::byte> bytes);

  // The request was taken whole. Those in the window count.
  void Taken(const FlowMeter& meter);

  // Absent when a request came before it was made: the ends do not have the same clock.
  std::optional<v1::LatencyHistogram> Tell() const;

 private:
  const uint64_t message_bytes_;
  std::array<std::byte, kStampBytes> stamp_{};
  bool clocks_differ_ = false;
  LatencyHistogram times_;
};

// Gives what it takes to `sink`, and lets `latency`, which outlives it, see it.
std::unique_ptr<Sink> MakeStampSink(std::unique_ptr<Sink> sink, OneWayLatency& latency);

}  // namespace copycost

#endif  // COPYCOST_AGENT_MEASURE_ONE_WAY_LATENCY_H_
