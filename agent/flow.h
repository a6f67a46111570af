// One end of one flow, as its data thread runs it: the sockets, the modes that move its bytes, its
// meter, what was applied and what came of it.
//
//   flow.Meet(place); flow.Open();                // echo(), applied_end()
//   flow.Run();                                   // or, of several in one thread, sending_flow()
//   flow.End(deadline); flow.Conclude();          // result()
//   flow.Close();
//
// All by the data thread, where nothing else is said.
#ifndef COPYCOST_AGENT_FLOW_H_
#define COPYCOST_AGENT_FLOW_H_

#include <cstdint>
#include <memory>
#include <optional>

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
#include "agent/patterns/streams.h"
#include "agent/receive_modes/receiver.h"
#include "agent/send_modes/sender.h"
#include "agent/transport/transport.h"
#include "common/fd.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

class Flow {
 public:
  struct Parts {
    v1::FlowEnd end;
    UniqueFd socket;                // established, preambles exchanged
    UniqueFd control = UniqueFd();  // with datagrams
    // A sender end has a sender, a receiver end a receiver; where the pattern has exchanges each
    // has both.
    std::unique_ptr<Sender> sender = nullptr;
    std::unique_ptr<Receiver> receiver = nullptr;
  };

  // Of all flows of a trial.
  struct Trial {
    v1::Workload workload;
    uint64_t content_seed;
    WindowGate& gate;
  };

  // Where it really runs.
  struct Place {
    uint32_t thread;
    uint32_t cpu;
  };

  // By anyone; so are the accessors. `trial` outlives this.
  Flow(Parts parts, const Trial& trial);

  // Ends the flow at once, blocked or not; what is called meanwhile comes back soon, whatever it
  // then says. Any thread, any time, any number of times.
  void Abort();

  const v1::FlowEnd& end() const { return parts_.end; }
  bool begins() const { return parts_.end.role() == v1::ROLE_SENDER; }
  bool receives() const { return !begins() || exchanges(); }
  FlowSockets sockets() const {
    return {.data = parts_.socket.get(), .control = parts_.control.get()};
  }
  FlowMeter& meter() { return meter_; }
  const FlowMeter& meter() const { return meter_; }

  // What was applied, told by the parts that applied it. After Open.
  const v1::Workload& echo() const { return echo_; }
  const v1::AppliedEnd& applied_end() const { return applied_end_; }

  // After Conclude.
  const v1::FlowResult& result() const { return result_; }

  // What the connection says at an edge of the window, by the trial's runner, after Open; and what
  // it said at both, where it is TCP.
  absl::Status ReadTcp(FlowMeter::Edge edge);
  void TellTcp(v1::FlowResult& result) const;

  // Makes the socket ready, and hears from the other end where the transport has it so: that one
  // must not be busy with anything else.
  absl::Status Meet(const Place& place);

  // The thread went to the CPU where the flow's packets come in. Between Meet and Open.
  void FollowedPacketsTo(uint32_t cpu);

  // Opens the modes: their buffers are faulted in.
  absl::Status Open();

  // The pattern, to its end, in a thread of its own.
  absl::Status Run();
  // The parts of it where the thread has several flows. `on_end` is the caller's to set.
  SendingFlow sending_flow();
  ReceivingFlow receiving_flow();

  // The end that begins ends the stream, once what it sent needs it no more; the other then does.
  absl::Status End(absl::Time deadline);

  // Fills the result.
  absl::Status Conclude();

  // Ends the modes: what they opened may be in this thread's table of files.
  void Close();

 private:
  const v1::Workload& workload() const { return trial_.workload; }
  bool exchanges() const;

  absl::Status OpenWays();
  absl::Status EchoWays();
  absl::Status CheckWorkingSet(const v1::Workload& responses) const;
  Credit* OpenCredit();
  void TellTimes();

  Parts parts_;
  const Trial& trial_;
  const Transport* transport_ = nullptr;  // from Meet on
  FlowMeter meter_;
  ReuseTimer reuse_;
  std::optional<OneWayLatency> one_way_;  // of the server, where requests say when they were made
  std::optional<Credit> credit_;          // of datagrams that all must arrive
  std::optional<WayOut> out_;
  std::optional<WayIn> in_;
  ExchangeTotals totals_;  // where there are exchanges
  LatencyHistogram latency_;
  v1::Workload echo_;
  v1::AppliedEnd applied_end_;
  v1::FlowResult result_;
  std::optional<v1::TcpReading> tcp_opened_;  // these two by the runner
  std::optional<v1::TcpReading> tcp_closed_;
};

// Of a workload whose pattern is a stream.
StreamOptions StreamOptionsOf(const v1::Workload& workload);

}  // namespace copycost

#endif  // COPYCOST_AGENT_FLOW_H_
