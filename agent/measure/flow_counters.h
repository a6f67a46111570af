// What one flow has done so far. Its data thread writes, the sampler reads at any time; every field
// is a single relaxed word on the flow's own cache lines, so counting costs the data path a few
// plain stores.
#ifndef COPYCOST_AGENT_MEASURE_FLOW_COUNTERS_H_
#define COPYCOST_AGENT_MEASURE_FLOW_COUNTERS_H_

#include <atomic>
#include <cstdint>

#include "common/clock.h"

namespace copycost {

class Count {
 public:
  // By the owning thread only: not an atomic increment.
  void Add(uint64_t amount) {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  uint64_t Get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_ = 0;
};

struct alignas(64) FlowCounters {
  // About one in 64. A prime, so that it steps neither with a ring of buffers nor with the calls of
  // a message.
  static constexpr uint32_t kTimedEvery = 61;

  Count messages;
  Count bytes;
  Count calls;
  Count timed_calls;
  Count timed_call_ns;
  Count completion_wait_ns;
  Count timed_copies;
  Count timed_copy_ns;

  // Copies a message `copies` times in memory of our own. One in 61 messages is timed.
  template <typename Copy>
  void CopyMessage(uint64_t copies, Copy copy) {
    if (untimed_messages_left_ > 0) {
      --untimed_messages_left_;
      return copy();
    }
    untimed_messages_left_ = kTimedEvery - 1;
    const int64_t begin = MonotonicNanos();
    copy();
    timed_copy_ns.Add(static_cast<uint64_t>(MonotonicNanos() - begin));
    timed_copies.Add(copies);
  }

  // Makes a system call that is to move payload. Those that did are counted, and one in 61 of them
  // is timed.
  template <typename SystemCall>
  auto Call(SystemCall call) {
    const bool timed = untimed_calls_left_ == 0;
    const int64_t begin = timed ? MonotonicNanos() : 0;
    const auto result = call();
    if (result <= 0) return result;
    if (timed) {
      timed_call_ns.Add(static_cast<uint64_t>(MonotonicNanos() - begin));
      timed_calls.Add(1);
      untimed_calls_left_ = kTimedEvery;
    }
    --untimed_calls_left_;
    calls.Add(1);
    return result;
  }

 private:
  // The data thread's own.
  uint32_t untimed_calls_left_ = 0;
  uint32_t untimed_messages_left_ = 0;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_MEASURE_FLOW_COUNTERS_H_
