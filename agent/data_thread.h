// One data thread: bound to its CPU, owner of one end of one flow. It opens its modes on an
// established socket, waits for the gate, runs the pattern, drains, and leaves a FlowResult.
#ifndef COPYCOST_AGENT_DATA_THREAD_H_
#define COPYCOST_AGENT_DATA_THREAD_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "agent/flow_spec.h"
#include "agent/flow_way.h"
#include "agent/measure/flow_meter.h"
#include "agent/measure/latency_histogram.h"
#include "agent/measure/one_way_latency.h"
#include "agent/measure/reuse_timer.h"
#include "agent/measure/window_gate.h"
#include "agent/patterns/credit.h"
#include "agent/patterns/exchange.h"
#include "agent/receive_modes/receiver.h"
#include "agent/send_modes/sender.h"
#include "agent/transport/transport.h"
#include "common/fd.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

class DataThread {
 public:
  // A send buffer of 4 MiB takes this long at 10 Mb/s; anything slower has stopped.
  static constexpr absl::Duration kDrainLimit = absl::Seconds(4);

  struct Options {
    v1::FlowEnd end;
    v1::Workload workload;
    uint64_t content_seed;
    UniqueFd socket;                // established, preambles exchanged
    UniqueFd control = UniqueFd();  // with datagrams
    // A sender end has a sender, a receiver end a receiver; where the pattern has exchanges each
    // has both.
    std::unique_ptr<Sender> sender;
    std::unique_ptr<Receiver> receiver;
    WindowGate& gate;
    // How long the end of a flow may take, once its last message is submitted.
    absl::Duration drain_limit = kDrainLimit;
    // Called on the data thread, once each; ready before done, and done only after an OK ready.
    // They must not block.
    std::function<void(absl::Status)> on_ready;
    std::function<void(absl::Status)> on_done;
  };

  // Starts the thread.
  explicit DataThread(Options options);

  // As Abort, then Join.
  ~DataThread();

  // Ends the flow at once, blocked or not; on_done comes soon, whatever it then says. Any thread,
  // any time, any number of times.
  void Abort();

  // Waits for the thread's end, which Abort brings about. Idempotent; one thread at a time.
  void Join();

  const v1::FlowEnd& end() const { return options_.end; }
  int control() const { return options_.control.get(); }  // -1 without datagrams
  FlowMeter& meter() { return meter_; }

  // What was applied, told by the parts that applied it. After an OK on_ready.
  const v1::Workload& echo() const { return echo_; }
  const v1::AppliedEnd& applied_end() const { return applied_end_; }

  // After on_done.
  const v1::FlowResult& result() const { return result_; }

 private:
  bool exchanges() const;
  FlowSockets sockets() const {
    return {.data = options_.socket.get(), .control = options_.control.get()};
  }
  bool begins() const { return options_.end.role() == v1::ROLE_SENDER; }

  void Main();
  absl::Status BindToCpu();
  absl::Status Prepare();
  absl::Status OpenWays();
  absl::Status EchoWays();
  absl::Status RunPattern();
  absl::Status RunAndConclude();
  absl::Status Conclude();
  void TellTimes();

  Options options_;
  const Transport* transport_ = nullptr;  // from Prepare on
  FlowMeter meter_;
  ReuseTimer reuse_;
  std::optional<OneWayLatency> one_way_;  // of the server, where requests say when they were made
  std::optional<Credit> credit_;          // of datagrams that all must arrive
  std::optional<WayOut> out_;
  std::optional<WayIn> in_;
  // Of the messages, or of the requests and the responses.
  ExchangeTotals totals_;
  LatencyHistogram latency_;
  v1::Workload echo_;
  v1::AppliedEnd applied_end_;
  v1::FlowResult result_;
  std::thread thread_;  // last: starts when everything else is there
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_DATA_THREAD_H_
