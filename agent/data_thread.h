// One data thread: bound to its CPU, owner of the ends of one or several flows. It opens their
// modes on established sockets, waits for the gate, runs the pattern, drains, and leaves a
// FlowResult of each.
#ifndef COPYCOST_AGENT_DATA_THREAD_H_
#define COPYCOST_AGENT_DATA_THREAD_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "agent/flow.h"
#include "agent/measure/counters.h"
#include "agent/measure/thread_counters.h"

namespace copycost {

class DataThread {
 public:
  // A send buffer of 4 MiB takes this long at 10 Mb/s; anything slower has stopped.
  static constexpr absl::Duration kDrainLimit = absl::Seconds(4);

  struct Options {
    uint32_t number;  // among those of this agent
    Flow::Trial trial;
    // At least one; several only where the pattern is a stream, and then of one role. All ends name
    // the same CPU.
    std::vector<Flow::Parts> flows;
    // What is counted of this thread in its window, and by which source, which outlives it.
    CounterSource* counters = nullptr;  // null: nothing
    std::vector<v1::EventGroup> events = {};
    // How long the end of all flows may take, once the last message is submitted.
    absl::Duration drain_limit = kDrainLimit;
    // Called on the data thread, once each; ready before done, and done only after an OK ready.
    // They must not block. What went wrong with a flow names it.
    std::function<void(absl::Status)> on_ready;
    std::function<void(absl::Status)> on_done;
  };

  // Starts the thread.
  explicit DataThread(Options options);

  // As Abort, then Join.
  ~DataThread();

  // Ends the flows at once, blocked or not; on_done comes soon, whatever it then says. Any thread,
  // any time, any number of times.
  void Abort();

  // Waits for the thread's end, which Abort brings about. Idempotent; one thread at a time.
  void Join();

  // In the order given. What they tell may be read after an OK on_ready, and after on_done.
  absl::Span<const std::unique_ptr<Flow>> flows() const { return flows_; }

  uint32_t number() const { return options_.number; }
  // What was counted. After an OK on_done, where the trial has a window.
  v1::ThreadCounts counted() const;

 private:
  void Main();
  void OpenCounters();
  std::vector<int> DescriptorsToKeep() const;
  absl::Status Prepare(absl::Span<const uint32_t> allowed_cpus);
  absl::Status FollowPackets(absl::Span<const uint32_t> allowed_cpus);
  absl::Status Run();
  absl::Status RunAlone(Flow& flow);
  absl::Status Send();
  absl::Status Receive();
  absl::Time DrainDeadline() const;

  const v1::Workload& workload() const { return options_.trial.workload; }

  Options options_;
  std::vector<std::unique_ptr<Flow>> flows_;
  std::vector<FlowMeter*> meters_;  // of flows_, where there are several
  std::optional<ThreadCounters> counters_;
  std::thread thread_;  // last: starts when everything else is there
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_DATA_THREAD_H_
