// One attempt at a trial: the conversation with its agents, as Agent.RunTrial (agent.proto) defines
// it. Fills the record as events arrive, so that what was heard is kept whatever happens.
#ifndef COPYCOST_COORDINATOR_DRIVE_ATTEMPT_H_
#define COPYCOST_COORDINATOR_DRIVE_ATTEMPT_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/mailbox.h"
#include "coordinator/fleet/inventory.h"
#include "copycost/v1/result.pb.h"

namespace copycost {

class Attempt {
 public:
  // `record` has its workload and an AgentRecord with a Prepare for each of `agents`, in their
  // order. All outlive the attempt.
  Attempt(Clock& clock, std::vector<FleetAgent>& agents, v1::TrialRecord& record);
  ~Attempt();

  // OK when every agent has Finished and its call has ended well. DataLoss when what was applied is
  // not what was asked; Unavailable for failures of transport, silence among them; Cancelled after
  // Interrupt; else what an agent said.
  absl::Status Run();

  // Any thread, any time.
  void Interrupt();

 private:
  struct Note {
    size_t agent;
    std::variant<v1::Event, absl::Status> what;  // an event, or the end of the call
  };
  struct Peer {
    std::unique_ptr<TrialCall> call;
    absl::Time heard;
    v1::Listening found;
    bool listening = false;
    bool ended = false;
  };

  absl::Status Converse();
  void Open();
  void SendConnects();
  void SendStarts();
  void Beat();
  void SendToReceivers(const v1::Command& command);
  absl::Status AwaitAll(const std::function<bool(size_t agent)>& condition, absl::Time deadline,
                        absl::string_view what);
  absl::Status Take(Note note);
  absl::Status TakeEvent(size_t agent, v1::Event event);
  absl::Status TakeSample(size_t agent, v1::Sample sample);
  absl::Status TakeEnd(size_t agent, const absl::Status& end);
  absl::Duration Traffic() const;
  absl::Time SilenceLimit() const;
  absl::Status Silence() const;
  absl::Status WorstOf(absl::Status first);

  bool Sends(size_t agent) const;
  bool Receives(size_t agent) const;
  absl::string_view NameOf(size_t agent) const {
    return record_.agents(static_cast<int>(agent)).agent();
  }

  Clock& clock_;
  std::vector<FleetAgent>& agents_;
  v1::TrialRecord& record_;
  Mailbox<Note> notes_;
  std::vector<Peer> peers_;
  absl::Time next_beat_;  // when agents are next told that the coordinator lives
};

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_DRIVE_ATTEMPT_H_
