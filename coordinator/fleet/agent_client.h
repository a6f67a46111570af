// One agent, as the coordinator sees it. A seam: GrpcAgentClient speaks to a real one,
// tests/testing/fake_agent_client.h plays one.
#ifndef COPYCOST_COORDINATOR_FLEET_AGENT_CLIENT_H_
#define COPYCOST_COORDINATOR_FLEET_AGENT_CLIENT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "copycost/v1/agent.pb.h"

namespace copycost {

// Unavailable: the agent is gone, does not speak any more, or does not know of our hold. It has to
// be restored (restore.h) before another attempt. As opposed to one that says itself that something
// is unavailable, mostly a connection to its peer, when it is the peer that is gone.
absl::Status LostAgentError(absl::string_view why);
bool IsLostAgent(const absl::Status& status);

// A trial in progress. Destroying it cancels the call and waits for its end; no callback comes
// after.
class TrialCall {
 public:
  virtual ~TrialCall() = default;

  // Any one thread at a time. After the call has ended it does nothing.
  virtual void Send(const v1::Command& command) = 0;
};

struct ClockOffset {
  absl::Duration offset;  // the agent's CLOCK_MONOTONIC minus ours
  absl::Duration error;   // half the smallest round trip
};

// The agent stays held as long as this lives.
class HoldLease {
 public:
  virtual ~HoldLease() = default;
  virtual uint64_t epoch() const = 0;
};

class AgentClient {
 public:
  struct TrialCallbacks {
    // Both come from another thread, events in order, the end last and once. IsLostAgent tells an
    // end that the agent did not say.
    std::function<void(v1::Event)> on_event;
    std::function<void(absl::Status)> on_end;
  };

  virtual ~AgentClient() = default;

  // Unavailable when it cannot be reached, DeadlineExceeded when it does not answer in time.
  virtual absl::StatusOr<v1::Description> Describe() = 0;

  // As Describe, of an agent that was lost: waits up to `limit` for it to be back.
  // DeadlineExceeded: it is not, yet; any other error: it never will be.
  virtual absl::StatusOr<v1::Description> AwaitReturn(absl::Duration limit) = 0;

  // What trials may need of its host, tried there now. Unimplemented by an agent that is older.
  virtual absl::StatusOr<v1::Diagnosis> Diagnose(const v1::DiagnoseRequest& request) = 0;

  // How its host is set, now.
  virtual absl::StatusOr<v1::HostState> Inspect(const v1::InspectRequest& request) = 0;

  // ResourceExhausted names who holds it already. Unavailable and DeadlineExceeded as above.
  virtual absl::StatusOr<std::unique_ptr<HoldLease>> Hold(const v1::HoldRequest& request) = 0;

  // Four timestamps, `probes` times; the exchange with the smallest round trip counts.
  virtual absl::StatusOr<ClockOffset> ProbeClock(int probes) = 0;

  virtual std::unique_ptr<TrialCall> RunTrial(TrialCallbacks callbacks) = 0;
};

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_FLEET_AGENT_CLIENT_H_
