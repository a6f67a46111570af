// How long a message's buffer is the kernel's: from the first call that sends from it to when the
// last completion that it waits for is seen, and it may be written again. Only what begins and ends
// in the window counts. By the data thread.
//
// A sender looks for completions when it has run out of buffers: it would see them late. While a
// buffer is timed it looks with each message; therefore few are, one at a time.
#ifndef COPYCOST_AGENT_MEASURE_REUSE_TIMER_H_
#define COPYCOST_AGENT_MEASURE_REUSE_TIMER_H_

#include <cstdint>

#include "agent/measure/flow_meter.h"
#include "agent/measure/latency_histogram.h"
#include "common/clock.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

class ReuseTimer {
 public:
  // Of so many messages one is timed: looking costs less than 1 % then, if all of a ring of 64
  // buffers are outstanding. A prime, so that it does not step with the ring.
  static constexpr uint32_t kTimedEvery = 509;

  // `meter` outlives this.
  explicit ReuseTimer(const FlowMeter& meter) : meter_(meter) {}

  // The message in `buffer` is about to be sent.
  void Begin(uint32_t buffer) {
    if (messages_left_ > 0) {
      --messages_left_;
    } else if (!running_) {
      Start(buffer);
    }
  }

  // Whether a buffer is being timed, and which.
  bool running() const { return running_; }
  uint32_t buffer() const { return buffer_; }

  // The buffer that is timed may be written again. Requires running().
  void End() {
    const int64_t end = MonotonicNanos();
    if (meter_.InWindow(begin_ns_, end)) times_.Record(static_cast<uint64_t>(end - begin_ns_));
    running_ = false;
  }

  v1::LatencyHistogram Tell() const { return times_.Tell(); }

 private:
  void Start(uint32_t buffer) {
    running_ = true;
    buffer_ = buffer;
    messages_left_ = kTimedEvery - 1;
    begin_ns_ = MonotonicNanos();
  }

  const FlowMeter& meter_;
  LatencyHistogram times_;
  bool running_ = false;
  uint32_t buffer_ = 0;
  uint32_t messages_left_ = 0;
  int64_t begin_ns_ = 0;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_MEASURE_REUSE_TIMER_H_
