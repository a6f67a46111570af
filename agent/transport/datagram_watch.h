// Stops datagrams that nobody takes: nothing else would hold their sender back. The agent that
// receives tells the other, over the connection by which the ends met, that datagrams arrive; a
// sender that is told nothing for a second has lost its receiver. An exchange that gets no answer
// has lost a datagram, and nothing sends it again.
//
// By the trial runner's thread, beside data threads that go on.
#ifndef COPYCOST_AGENT_TRANSPORT_DATAGRAM_WATCH_H_
#define COPYCOST_AGENT_TRANSPORT_DATAGRAM_WATCH_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "agent/measure/flow_counters.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

class DatagramWatch {
 public:
  static constexpr absl::Duration kSilence = absl::Seconds(1);

  struct Flow {
    uint32_t flow;
    v1::Role role;
    int control;
    const FlowCounters* counters;  // outlives this
  };

  // `workload` says whether there are exchanges, and how far apart. Traffic begins `now`.
  DatagramWatch(absl::Span<const Flow> flows, const v1::Workload& workload, absl::Time now);

  // When Tick wants to be called next.
  absl::Time due() const { return due_; }

  // Unavailable names the flow whose datagrams are not taken, DataLoss one whose request or
  // response was lost.
  absl::Status Tick(absl::Time now);

  // The flow has ended.
  void Forget(uint32_t flow);

 private:
  struct Watched {
    Flow flow;
    uint64_t bytes;  // at the last tick
    absl::Time moved;
  };

  absl::Status TickStream(Watched& watched, absl::Time now) const;
  absl::Status TickExchanges(Watched& watched, absl::Time now) const;

  std::vector<Watched> flows_;
  bool exchanges_;
  absl::Duration silence_;
  absl::Time due_;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_TRANSPORT_DATAGRAM_WATCH_H_
