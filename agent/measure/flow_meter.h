// One flow's window: what its counters and its thread's CPU clock said when the window opened and
// closed. The data thread takes both readings itself, at its first pass after the gate has moved; a
// thread that is blocked in the kernel and does not pass is read by the trial runner instead.
#ifndef COPYCOST_AGENT_MEASURE_FLOW_METER_H_
#define COPYCOST_AGENT_MEASURE_FLOW_METER_H_

#include <pthread.h>
#include <time.h>

#include <array>
#include <atomic>
#include <optional>

#include "agent/measure/flow_counters.h"
#include "agent/measure/window_gate.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

class FlowMeter {
 public:
  enum class Edge { kOpen, kClose };

  explicit FlowMeter(WindowGate& gate) : gate_(gate) {}

  FlowCounters& counters() { return counters_; }
  const FlowCounters& counters() const { return counters_; }

  // By the data thread, once, before it reports ready: which CPU clock is its own.
  void Adopt(pthread_t thread) { ::pthread_getcpuclockid(thread, &cpu_clock_); }

  // By the data thread on each pass: takes readings that are due, returns the phase.
  Phase Pass() {
    const Phase phase = gate_.phase();
    if (phase != seen_) OnPhase(phase);
    return phase;
  }

  // By anyone while the data thread lives; the first caller for an edge takes the reading.
  void Read(Edge edge);
  bool HasRead(Edge edge) const { return readings_[Index(edge)].done.load(std::memory_order_acquire); }

  // After both readings; absent before.
  std::optional<v1::WindowCounts> Window() const;

 private:
  struct Reading {
    std::atomic<bool> claimed = false;
    std::atomic<bool> done = false;
    v1::WindowCounts counts;  // since the trial began; opened_ns is the time of the reading
  };

  static size_t Index(Edge edge) { return edge == Edge::kOpen ? 0 : 1; }
  void OnPhase(Phase phase);

  WindowGate& gate_;
  FlowCounters counters_;
  Phase seen_ = Phase::kWaiting;
  clockid_t cpu_clock_ = CLOCK_THREAD_CPUTIME_ID;
  std::array<Reading, 2> readings_;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_MEASURE_FLOW_METER_H_
