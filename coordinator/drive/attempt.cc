#include "coordinator/drive/attempt.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/flow_axes.h"
#include "common/status.h"
#include "coordinator/drive/echo_check.h"
#include "coordinator/experiment/verification.h"
#include "coordinator/record/ends.h"

namespace copycost {
namespace {

// Without any event an agent counts as lost (agent.proto: one comes every 500 ms at least).
constexpr absl::Duration kSilence = absl::Milliseconds(1500);
// A link that resets to change its MTU included.
constexpr absl::Duration kListenLimit = absl::Seconds(10);
// Connecting, opening modes, faulting buffers in.
constexpr absl::Duration kReadyLimit = absl::Seconds(40);
// From the end of the window, or of the messages, to the last Finished: the senders' drain.
constexpr absl::Duration kFinishLimit = absl::Seconds(10);
// The slowest verified flows may be before they count as stuck: for each message of all flows, and
// for them together.
constexpr absl::Duration kMessageLimit = absl::Microseconds(200);
constexpr absl::Duration kMessagesLimit = absl::Seconds(30);
// What a sample is of (trial.proto).
constexpr absl::Duration kSlice = absl::Milliseconds(100);
// An agent to which nothing is said for 1.5 s takes the coordinator for lost (agent.proto).
constexpr absl::Duration kBeat = absl::Milliseconds(400);
// Enough for Start to reach an agent before the instant it names.
constexpr absl::Duration kStartLead = absl::Milliseconds(3);
// When one agent fails the others soon do; what they say may be the cause.
constexpr absl::Duration kHearOthers = absl::Milliseconds(300);

// The higher, the nearer to the cause: a lost connection is usually another agent's failure.
int Rank(const absl::Status& status) {
  if (IsLostAgent(status)) return 4;
  switch (status.code()) {
    case absl::StatusCode::kDataLoss:
      return 3;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kCancelled:
      return 1;
    default:
      return 2;
  }
}

}  // namespace

Attempt::Attempt(Clock& clock, std::vector<FleetAgent>& agents, v1::TrialRecord& record)
    : clock_(clock), agents_(agents), record_(record), notes_(clock), peers_(agents.size()) {}

Attempt::~Attempt() = default;

void Attempt::Interrupt() { notes_.Close(absl::CancelledError("interrupted")); }

absl::Status Attempt::Run() {
  absl::Status status = Converse();
  if (!status.ok() && !absl::IsCancelled(status)) status = WorstOf(status);
  peers_.clear();  // cancels what still runs, and waits for its end
  return status;
}

absl::Status Attempt::Converse() {
  Open();
  RETURN_IF_ERROR(AwaitAll([this](size_t agent) { return peers_[agent].listening; },
                           clock_.Now() + kListenLimit, "to listen"));
  SendConnects();
  const auto agent_record = [this](size_t agent) -> const v1::AgentRecord& {
    return record_.agents(static_cast<int>(agent));
  };
  RETURN_IF_ERROR(AwaitAll([&](size_t agent) { return agent_record(agent).has_ready(); },
                           clock_.Now() + kReadyLimit, "to be ready"));
  RETURN_IF_ERROR(CheckEchoes(record_));
  SendStarts();
  const auto finished = [&](size_t agent) { return agent_record(agent).has_finished(); };
  RETURN_IF_ERROR(
      AwaitAll([&](size_t agent) { return finished(agent) || Receives(agent) || !Sends(agent); },
               clock_.Now() + kStartLead + Traffic() + kFinishLimit, "to finish sending"));
  v1::Command finish;
  finish.mutable_finish();
  SendToReceivers(finish);
  return AwaitAll([&](size_t agent) { return finished(agent) && peers_[agent].ended; },
                  clock_.Now() + kFinishLimit, "to finish");
}

// The longest that traffic may take, from start to the end of the window or of the messages.
absl::Duration Attempt::Traffic() const {
  const v1::Workload& workload = record_.workload();
  if (workload.messages_per_flow() == 0) {
    return absl::Nanoseconds(workload.warmup_ns() + workload.window_ns());
  }
  const uint64_t messages = workload.messages_per_flow() * FlowsOf(workload);
  return kMessagesLimit + 2 * EstimateTraffic(workload) +
         kMessageLimit * static_cast<int64_t>(messages);
}

void Attempt::Open() {
  next_beat_ = clock_.Now() + kBeat;
  for (size_t agent = 0; agent < agents_.size(); ++agent) {
    peers_[agent].heard = clock_.Now();
    peers_[agent].call =
        agents_[agent].member.client->RunTrial({.on_event =
                                                    [this, agent](v1::Event event) {
                                                      notes_.Push({agent, std::move(event)});
                                                    },
                                                .on_end =
                                                    [this, agent](absl::Status end) {
                                                      notes_.Push({agent, std::move(end)});
                                                    }});
    v1::Command command;
    *command.mutable_prepare() = record_.agents(static_cast<int>(agent)).prepare();
    peers_[agent].call->Send(command);
  }
}

void Attempt::SendConnects() {
  for (size_t agent = 0; agent < agents_.size(); ++agent) {
    v1::Command command;
    v1::Connect& connect = *command.mutable_connect();
    for (const v1::FlowEnd& end : record_.agents(static_cast<int>(agent)).prepare().ends()) {
      if (end.listens()) continue;
      v1::Connect::Peer& peer = *connect.add_peers();
      peer.set_flow(end.flow());
      for (size_t other = 0; other < agents_.size(); ++other) {
        const v1::Prepare& theirs = record_.agents(static_cast<int>(other)).prepare();
        const bool has = std::any_of(theirs.ends().begin(), theirs.ends().end(),
                                     [&](const v1::FlowEnd& candidate) {
                                       return candidate.flow() == end.flow() && candidate.listens();
                                     });
        if (!has) continue;
        const v1::Listening& found = peers_[other].found;
        peer.set_address(theirs.data_address());
        peer.set_port(found.port());
        peer.set_process(found.process());
        peer.set_file_descriptor(found.file_descriptor());
      }
    }
    peers_[agent].call->Send(command);
  }
}

void Attempt::SendStarts() {
  const absl::Time start = clock_.Now() + kStartLead;
  for (size_t agent = 0; agent < agents_.size(); ++agent) {
    v1::Command command;
    command.mutable_start()->set_at_ns(absl::ToUnixNanos(start + agents_[agent].clock.offset));
    peers_[agent].call->Send(command);
  }
}

void Attempt::Beat() {
  if (clock_.Now() < next_beat_) return;
  next_beat_ = clock_.Now() + kBeat;
  v1::Command command;
  command.mutable_heartbeat();
  for (Peer& peer : peers_) {
    if (!peer.ended) peer.call->Send(command);
  }
}

void Attempt::SendToReceivers(const v1::Command& command) {
  for (size_t agent = 0; agent < agents_.size(); ++agent) {
    if (Receives(agent)) peers_[agent].call->Send(command);
  }
}

absl::Status Attempt::AwaitAll(const std::function<bool(size_t)>& condition, absl::Time deadline,
                               absl::string_view what) {
  while (true) {
    size_t waiting = 0;
    while (waiting < peers_.size() && condition(waiting)) ++waiting;
    if (waiting == peers_.size()) return absl::OkStatus();
    absl::StatusOr<Note> note = notes_.PopUntil(std::min({deadline, SilenceLimit(), next_beat_}));
    Beat();
    if (note.ok()) {
      RETURN_IF_ERROR(Take(*std::move(note)));
      continue;
    }
    if (!absl::IsDeadlineExceeded(note.status())) return note.status();
    RETURN_IF_ERROR(Silence());
    if (clock_.Now() >= deadline) {
      return absl::DeadlineExceededError(
          absl::StrCat("waited too long for ", NameOf(waiting), " ", what));
    }
  }
}

absl::Status Attempt::Take(Note note) {
  peers_[note.agent].heard = clock_.Now();
  if (auto* event = std::get_if<v1::Event>(&note.what)) {
    return TakeEvent(note.agent, std::move(*event));
  }
  return TakeEnd(note.agent, std::get<absl::Status>(note.what));
}

absl::Status Attempt::TakeEvent(size_t agent, v1::Event event) {
  v1::AgentRecord& record = *record_.mutable_agents(static_cast<int>(agent));
  Peer& peer = peers_[agent];
  const bool running = record.has_ready() && !record.has_finished();
  switch (event.event_case()) {
    case v1::Event::kHeartbeat:
      return absl::OkStatus();
    case v1::Event::kListening:
      if (peer.listening) break;
      peer.found = event.listening();
      peer.listening = true;
      return absl::OkStatus();
    case v1::Event::kReady:
      if (!peer.listening || record.has_ready()) break;
      *record.mutable_ready() = std::move(*event.mutable_ready());
      return absl::OkStatus();
    case v1::Event::kSamples:
      if (!running) break;
      for (v1::Sample& sample : *event.mutable_samples()->mutable_samples()) {
        RETURN_IF_ERROR(TakeSample(agent, std::move(sample)));
      }
      return absl::OkStatus();
    case v1::Event::kFinished:
      if (!running) break;
      *record.mutable_finished() = std::move(*event.mutable_finished());
      return absl::OkStatus();
    case v1::Event::EVENT_NOT_SET:
      break;
  }
  return absl::InternalError(
      absl::StrCat(NameOf(agent), " sent event ", event.event_case(), " out of turn"));
}

// Samples are kept, so an agent is not let send more than an honest one has time for: from the
// start until it counts as stuck, whether it sends or receives.
absl::Status Attempt::TakeSample(size_t agent, v1::Sample sample) {
  v1::AgentRecord& record = *record_.mutable_agents(static_cast<int>(agent));
  const int64_t most = (Traffic() + 2 * kFinishLimit) / kSlice;
  if (record.samples_size() >= most) {
    return absl::InternalError(
        absl::StrCat(NameOf(agent), " sent over ", most, " samples, more than there was time for"));
  }
  if (sample.flows_size() > record.prepare().ends_size()) {
    return absl::InternalError(absl::StrCat(NameOf(agent), " sent a sample of ",
                                            sample.flows_size(), " flows where it has ",
                                            record.prepare().ends_size()));
  }
  *record.add_samples() = std::move(sample);
  return absl::OkStatus();
}

absl::Status Attempt::TakeEnd(size_t agent, const absl::Status& end) {
  peers_[agent].ended = true;
  // Cancelled: only Interrupt cancels for us, so it is shutting down, or has let go of us. Aborted,
  // a stale epoch: it was started anew, or has lost sight of us, and knows of no hold.
  if (IsLostAgent(end) || absl::IsCancelled(end) || absl::IsAborted(end)) {
    return LostAgentError(absl::StrCat(NameOf(agent), " is lost: ", end.message()));
  }
  if (!end.ok()) return Annotate(end, NameOf(agent));
  if (record_.agents(static_cast<int>(agent)).has_finished()) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(NameOf(agent), " ended the trial unfinished"));
}

// An agent that has ended has nothing more to say.
absl::Time Attempt::SilenceLimit() const {
  absl::Time limit = absl::InfiniteFuture();
  for (const Peer& peer : peers_) {
    if (!peer.ended) limit = std::min(limit, peer.heard + kSilence);
  }
  return limit;
}

absl::Status Attempt::Silence() const {
  for (size_t agent = 0; agent < peers_.size(); ++agent) {
    if (peers_[agent].ended || clock_.Now() < peers_[agent].heard + kSilence) continue;
    return LostAgentError(absl::StrCat(NameOf(agent), " was silent for ",
                                       absl::FormatDuration(kSilence), ": it is lost"));
  }
  return absl::OkStatus();
}

// An agent that says nothing while the other's failure is told is waited for until it counts as
// lost, or lives: without it the other's failure would pass for the cause.
absl::Status Attempt::WorstOf(absl::Status first) {
  const absl::Time began = clock_.Now();
  const auto all = [this](const auto& condition) {
    return std::all_of(peers_.begin(), peers_.end(), condition);
  };
  while (!all([](const Peer& peer) { return peer.ended; })) {
    const bool all_live =
        all([began](const Peer& peer) { return peer.ended || peer.heard > began; });
    const absl::Time soon = began + kHearOthers;
    absl::StatusOr<Note> note = notes_.PopUntil(all_live ? soon : std::max(soon, SilenceLimit()));
    if (!note.ok()) break;
    const absl::Status status = Take(*std::move(note));
    if (!status.ok() && Rank(status) > Rank(first)) first = status;
  }
  if (absl::Status silence = Silence(); !silence.ok() && !IsLostAgent(first)) return silence;
  return first;
}

bool Attempt::Sends(size_t agent) const {
  return record::HasEnds(record_.agents(static_cast<int>(agent)), v1::ROLE_SENDER);
}

bool Attempt::Receives(size_t agent) const {
  return record::HasEnds(record_.agents(static_cast<int>(agent)), v1::ROLE_RECEIVER);
}

}  // namespace copycost
