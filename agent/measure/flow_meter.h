// One flow's window: what its counters and its thread's CPU clock said when the window opened and
// closed. The data thread takes both readings itself, at its first look at the clock after the
// instant. One that does not get to look within kGrace, because it is blocked in the kernel or
// waits for its CPU, is read by whoever comes first: another data thread of the agent, or the trial
// runner.
#ifndef COPYCOST_AGENT_MEASURE_FLOW_METER_H_
#define COPYCOST_AGENT_MEASURE_FLOW_METER_H_

#include <pthread.h>
#include <time.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <limits>
#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "agent/measure/flow_counters.h"
#include "agent/measure/thread_counters.h"
#include "agent/measure/window_gate.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

class FlowMeter {
 public:
  enum class Edge { kOpen, kClose };

  static constexpr absl::Duration kGrace = absl::Microseconds(500);

  explicit FlowMeter(const WindowGate& gate) : gate_(gate) {}

  FlowCounters& counters() { return counters_; }
  const FlowCounters& counters() const { return counters_; }

  // By the data thread, once, before it reports ready: which CPU clock is its own.
  absl::Status Adopt(pthread_t thread);

  // Likewise, where the thread has several flows: this meter alone is told of passes, of whichever
  // flow, and takes the readings of all of them. They outlive the data thread.
  void LookFor(absl::Span<FlowMeter* const> flows_of_thread) { flows_of_thread_ = flows_of_thread; }

  // Likewise, of one of the thread's flows: what else is counted of the thread in the window.
  // Outlives the readings.
  void Count(ThreadCounters& thread) { thread_counters_ = &thread; }

  // When the window opens and closes (CLOCK_MONOTONIC), and the meters of all flows that this agent
  // has in the trial; these outlive the data threads. Before the gate opens; never called for a
  // flow without a window.
  void Schedule(int64_t open_ns, int64_t close_ns, absl::Span<FlowMeter* const> flows) {
    due_ns_ = {open_ns, close_ns};
    flows_ = flows;
  }

  // By the data thread on each pass. Looks at the clock about every 100 us (a look costs 25 ns),
  // and takes the readings that are due. False when the gate says stop.
  bool Pass() {
    if (--passes_to_look_ == 0) Look();
    return gate_.phase() != Phase::kStop;
  }

  // By the data thread: whether both instants lie between those at which the window is due to open
  // and to close. In a flow without a window none does.
  bool InWindow(int64_t begin_ns, int64_t end_ns) const {
    return begin_ns >= due_ns_[Index(Edge::kOpen)] && end_ns <= due_ns_[Index(Edge::kClose)];
  }

  // By the data thread: whether the window was due to close before now. Never without a window.
  bool IsOver(int64_t now_ns) const { return now_ns >= due_ns_[Index(Edge::kClose)]; }

  // By the data thread, besides: looks at the clock now. At the flow's end, which may come between
  // two looks.
  void Look();

  // By anyone while this object lives; the first caller for an edge takes the reading. None is
  // taken of a thread that has ended.
  void Read(Edge edge);
  bool HasRead(Edge edge) const {
    return readings_[Index(edge)].done.load(std::memory_order_acquire);
  }

  // What Count was told of, for an edge; the first caller takes it. By the data thread itself, or
  // by one that has the process's table of open files, in which its counters are: other data
  // threads have tables of their own.
  void CountThread(Edge edge);

  // After both readings; absent before.
  std::optional<v1::WindowCounts> Window() const;

 private:
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

  struct Reading {
    std::atomic<bool> claimed = false;
    std::atomic<bool> done = false;
    v1::WindowCounts counts;  // since the trial began; opened_ns is the time of the reading
  };

  void TakeDue(Edge edge, int64_t now);
  static size_t Index(Edge edge) { return edge == Edge::kOpen ? 0 : 1; }

  const WindowGate& gate_;
  FlowCounters counters_;
  std::array<int64_t, 2> due_ns_ = {kNever, kNever};
  std::array<bool, 2> read_all_ = {false, false};  // by this flow's thread
  absl::Span<FlowMeter* const> flows_;
  absl::Span<FlowMeter* const> flows_of_thread_;  // empty where this is the only one
  uint32_t stride_ = 1;                           // passes from look to look
  uint32_t passes_to_look_ = 1;
  int64_t last_look_ns_ = 0;
  clockid_t cpu_clock_ = CLOCK_THREAD_CPUTIME_ID;
  ThreadCounters* thread_counters_ = nullptr;
  struct Counting {
    std::atomic<bool> claimed = false;
    std::atomic<bool> done = false;
  };
  std::array<Counting, 2> counted_;
  std::array<Reading, 2> readings_;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_MEASURE_FLOW_METER_H_
