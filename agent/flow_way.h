// One way of a flow, as one end has it: a mode together with what makes or takes its bytes. An end
// has one way, or both where the pattern has exchanges. Opened, used and destroyed by the data
// thread that owns it.
#ifndef COPYCOST_AGENT_FLOW_WAY_H_
#define COPYCOST_AGENT_FLOW_WAY_H_

#include <cstdint>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/content/content.h"
#include "agent/flow_spec.h"
#include "agent/measure/one_way_latency.h"
#include "agent/receive_modes/receiver.h"
#include "agent/send_modes/sender.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

class WayOut {
 public:
  explicit WayOut(std::unique_ptr<Sender> sender) : sender_(std::move(sender)) {}

  // As Sender::Open; the content as MakeContent. `stamped`: its messages say when they were made.
  absl::Status Open(const FlowSpec& flow, int socket, v1::Touch touch, uint64_t seed,
                    bool stamped = false);

  // What follows, once opened.
  Sender& sender() { return *sender_; }
  void Echo(v1::Workload& applied) const;
  absl::StatusOr<v1::Evidence> TakeEvidence();

 private:
  std::unique_ptr<Content> content_;
  std::unique_ptr<Sender> sender_;  // goes before its content
};

class WayIn {
 public:
  explicit WayIn(std::unique_ptr<Receiver> receiver) : receiver_(std::move(receiver)) {}

  // As Receiver::Open; the sink as MakeSink. `one_way`, where it is not null, sees what comes, and
  // outlives this.
  absl::Status Open(const FlowSpec& flow, int socket, v1::Read read, uint64_t seed,
                    OneWayLatency* one_way = nullptr);

  // What follows, once opened.
  Receiver& receiver() { return *receiver_; }
  void Echo(v1::Workload& applied) const;
  v1::Evidence TakeEvidence();
  uint64_t verified_bytes() const { return sink_->verified_bytes(); }

 private:
  std::unique_ptr<Sink> sink_;
  std::unique_ptr<Receiver> receiver_;  // goes before its sink
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_FLOW_WAY_H_
