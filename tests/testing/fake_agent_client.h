// Plays an agent. Honest unless its script says otherwise: it answers each command at once, sends
// heartbeats, and finishes when its window is over (senders) or when it is told to (receivers). All
// of it happens on the caller's thread, by a FakeClock.
//
//   agent.Play({{.end_at = Step::kStart, .end = absl::UnavailableError("reset")}, {}});
//   agent.Play({{.bend_ready = [](v1::Ready& ready) { ... }}});
#ifndef COPYCOST_TESTS_TESTING_FAKE_AGENT_CLIENT_H_
#define COPYCOST_TESTS_TESTING_FAKE_AGENT_CLIENT_H_

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "coordinator/fleet/agent_client.h"
#include "tests/testing/agent_events.h"
#include "tests/testing/fake_clock.h"

namespace copycost::testing {

enum class Step { kPrepare, kConnect, kStart, kFinish };

// What an agent does wrong in one attempt.
struct FakeScript {
  std::function<void(v1::Ready&)> bend_ready = nullptr;
  std::function<void(v1::Finished&)> bend_finished = nullptr;
  std::function<void(std::vector<v1::Sample>&)> bend_samples = nullptr;
  // To this command and those after it there is no answer, and there are no more heartbeats.
  std::optional<Step> silent_from = std::nullopt;
  // No answers either, but heartbeats.
  std::optional<Step> stuck_from = std::nullopt;
  // Instead of answering this command the call ends so, after the delay.
  std::optional<Step> end_at = std::nullopt;
  absl::Status end = {};
  absl::Duration end_delay = {};
  // From the window's end to Finished.
  absl::Duration drain = {};
  // The call's end after Finished.
  absl::Status last_word = {};
};

// One line for each command and for each event but heartbeats, over all agents: "sender < start",
// "receiver > finished".
using Log = std::vector<std::string>;

class FakeTrial final : public std::enable_shared_from_this<FakeTrial> {
 public:
  FakeTrial(FakeClock& clock, Log& log, std::string name, FakeScript script,
            AgentClient::TrialCallbacks callbacks)
      : clock_(clock),
        log_(log),
        name_(std::move(name)),
        script_(std::move(script)),
        callbacks_(std::move(callbacks)) {}

  void Take(const v1::Command& command) {
    if (ended_) return;
    heard_ = clock_.Now();
    if (command.has_heartbeat()) return;
    const Step step = StepOf(command);
    log_.push_back(absl::StrCat(name_, " < ", kWords[static_cast<int>(step)]));
    if (step == Step::kPrepare) prepare_ = command.prepare();
    if (step == Step::kPrepare) Beat();
    if (step == Step::kStart) start_ns_ = command.start().at_ns();
    if (script_.silent_from.has_value() && step >= *script_.silent_from) silent_ = true;
    if (silent_ || (script_.stuck_from.has_value() && step >= *script_.stuck_from)) return;
    if (script_.end_at == step) {
      After(script_.end_delay, [this] { End(script_.end); });
    } else {
      Answer(step);
    }
  }

  // What the coordinator has cancelled or let go says nothing more.
  void Stop() { ended_ = true; }

 private:
  static constexpr const char* kWords[] = {"prepare", "connect", "start", "finish"};

  static Step StepOf(const v1::Command& command) {
    return static_cast<Step>(command.command_case() - v1::Command::kPrepare);
  }

  bool Has(v1::Role role) const {
    return std::any_of(prepare_.ends().begin(), prepare_.ends().end(),
                       [role](const v1::FlowEnd& end) { return end.role() == role; });
  }

  void Answer(Step step) {
    v1::Event event;
    switch (step) {
      case Step::kPrepare:
        event.mutable_listening()->set_port(Has(v1::ROLE_RECEIVER) ? 4711 : 0);
        return Say(event, "listening");
      case Step::kConnect:
        *event.mutable_ready() = ReadyFor(prepare_);
        if (script_.bend_ready) script_.bend_ready(*event.mutable_ready());
        return Say(event, "ready");
      case Step::kStart:
        if (!Has(v1::ROLE_RECEIVER)) After(Traffic() + script_.drain, [this] { Finish(); });
        return;
      case Step::kFinish:
        return Finish();
    }
  }

  absl::Duration Traffic() const {
    return absl::Nanoseconds(prepare_.workload().warmup_ns() + prepare_.workload().window_ns());
  }

  void Finish() {
    v1::Event event;
    std::vector<v1::Sample> samples = SamplesFor(prepare_, start_ns_);
    if (script_.bend_samples) script_.bend_samples(samples);
    for (const v1::Sample& sample : samples) *event.mutable_samples()->add_samples() = sample;
    if (!samples.empty()) callbacks_.on_event(event);
    *event.mutable_finished() = FinishedFor(prepare_, start_ns_);
    if (script_.bend_finished) script_.bend_finished(*event.mutable_finished());
    Say(event, "finished");
    End(script_.last_word);
  }

  void Say(const v1::Event& event, const char* word) {
    log_.push_back(absl::StrCat(name_, " > ", word));
    callbacks_.on_event(event);
  }

  void End(const absl::Status& status) {
    ended_ = true;
    callbacks_.on_end(status);
  }

  void Beat() {
    After(absl::Milliseconds(300), [this] {
      if (clock_.Now() > heard_ + absl::Milliseconds(1500)) {
        return End(absl::UnavailableError("control was lost: the coordinator was silent"));
      }
      v1::Event event;
      event.mutable_heartbeat();
      callbacks_.on_event(event);
      Beat();
    });
  }

  void After(absl::Duration delay, std::function<void()> what) {
    clock_.Schedule(clock_.Now() + delay, [weak = weak_from_this(), what = std::move(what)] {
      const std::shared_ptr<FakeTrial> self = weak.lock();
      if (self != nullptr && !self->ended_ && !self->silent_) what();
    });
  }

  FakeClock& clock_;
  Log& log_;
  const std::string name_;
  const FakeScript script_;
  const AgentClient::TrialCallbacks callbacks_;
  v1::Prepare prepare_;
  int64_t start_ns_ = 0;
  absl::Time heard_;
  bool silent_ = false;
  bool ended_ = false;
};

class FakeTrialCall final : public TrialCall {
 public:
  explicit FakeTrialCall(std::shared_ptr<FakeTrial> trial) : trial_(std::move(trial)) {}
  ~FakeTrialCall() override { trial_->Stop(); }
  void Send(const v1::Command& command) override { trial_->Take(command); }

 private:
  const std::shared_ptr<FakeTrial> trial_;
};

class FakeHoldLease final : public HoldLease {
 public:
  FakeHoldLease(uint64_t epoch, int& held) : epoch_(epoch), held_(held) { ++held_; }
  ~FakeHoldLease() override { --held_; }
  uint64_t epoch() const override { return epoch_; }

 private:
  const uint64_t epoch_;
  int& held_;
};

// What outlives the client that the fleet owns: how the agent is, and what was asked of it.
struct FakeAgent {
  v1::Description description;
  absl::Status describe_status;
  absl::StatusOr<v1::Diagnosis> diagnosis = v1::Diagnosis();
  absl::StatusOr<v1::HostState> host_state = v1::HostState();
  absl::Status hold_status;
  absl::StatusOr<ClockOffset> clock_offset = ClockOffset{};
  absl::Time away_until = absl::InfinitePast();
  std::vector<FakeScript> scripts;  // one an attempt; the last one goes on; none: honest

  v1::DiagnoseRequest diagnose_request;  // the last
  std::vector<v1::InspectRequest> inspect_requests;
  int held = 0;
  std::vector<std::string> tokens;  // of every hold
  int probes = 0;
  int attempts = 0;

  void Play(std::vector<FakeScript> attempts_in_order) { scripts = std::move(attempts_in_order); }
};

class FakeAgentClient final : public AgentClient {
 public:
  FakeAgentClient(FakeClock& clock, Log& log, std::string name, FakeAgent& agent)
      : clock_(clock), log_(log), name_(std::move(name)), agent_(agent) {}

  absl::StatusOr<v1::Description> Describe() override {
    if (!agent_.describe_status.ok()) return agent_.describe_status;
    return agent_.description;
  }

  absl::StatusOr<v1::Description> AwaitReturn(absl::Duration limit) override {
    if (agent_.away_until > clock_.Now()) {
      clock_.Advance(std::min(limit, agent_.away_until - clock_.Now()));
    }
    if (agent_.away_until > clock_.Now()) return absl::DeadlineExceededError("no answer");
    return Describe();
  }

  absl::StatusOr<v1::Diagnosis> Diagnose(const v1::DiagnoseRequest& request) override {
    agent_.diagnose_request = request;
    return agent_.diagnosis;
  }

  absl::StatusOr<v1::HostState> Inspect(const v1::InspectRequest& request) override {
    agent_.inspect_requests.push_back(request);
    if (!request.only_cpu() || !agent_.host_state.ok()) return agent_.host_state;
    v1::HostState only_cpu;
    *only_cpu.mutable_cpu() = agent_.host_state->cpu();
    return only_cpu;
  }

  absl::StatusOr<std::unique_ptr<HoldLease>> Hold(const v1::HoldRequest& request) override {
    if (!agent_.hold_status.ok()) return agent_.hold_status;
    agent_.tokens.push_back(request.token());
    return std::make_unique<FakeHoldLease>(6 + agent_.tokens.size(), agent_.held);
  }

  absl::StatusOr<ClockOffset> ProbeClock(int probes) override {
    agent_.probes += probes;
    return agent_.clock_offset;
  }

  std::unique_ptr<TrialCall> RunTrial(TrialCallbacks callbacks) override {
    FakeScript script;
    if (!agent_.scripts.empty()) {
      script = agent_.scripts[std::min<size_t>(agent_.attempts, agent_.scripts.size() - 1)];
    }
    ++agent_.attempts;
    return std::make_unique<FakeTrialCall>(
        std::make_shared<FakeTrial>(clock_, log_, name_, std::move(script), std::move(callbacks)));
  }

 private:
  FakeClock& clock_;
  Log& log_;
  const std::string name_;
  FakeAgent& agent_;
};

}  // namespace copycost::testing

#endif  // COPYCOST_TESTS_TESTING_FAKE_AGENT_CLIENT_H_
