#include "agent/trial_runner.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <map>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/applied.h"
#include "agent/host_info.h"
#include "agent/link/data_interface.h"
#include "agent/measure/punctuality.h"
#include "agent/measure/uring_workers.h"
#include "agent/prepare_checks.h"
#include "agent/receive_modes/receive_modes.h"
#include "agent/send_modes/send_modes.h"
#include "common/mode_traits.h"
#include "common/status.h"
#include "common/trial_validation.h"

namespace copycost {
namespace {

// Well within the 500 ms that may pass without an event.
constexpr absl::Duration kHeartbeat = absl::Milliseconds(300);
// A trial has so many: Prepare, Connect, Start, Finish. Heartbeats come besides.
constexpr int kMostCommands = 4;
// Without any command, heartbeats included, the coordinator counts as lost.
constexpr absl::Duration kSilence = absl::Milliseconds(1500);
// For the first command to come, which the coordinator sends with the call.
constexpr absl::Duration kPrepareLimit = absl::Seconds(5);
// For a device that resets its link to change the MTU.
constexpr absl::Duration kLinkLimit = absl::Seconds(8);
// For peers to connect. All agents were told at the same time.
constexpr absl::Duration kConnectLimit = absl::Seconds(5);
// For all threads to open their modes: buffers are faulted in.
constexpr absl::Duration kOpenLimit = absl::Seconds(30);
// From the gate's stop to the last thread's end; beyond the drain's own limit.
constexpr absl::Duration kEndLimit = absl::Seconds(6);
// Senders go on a little after the window, so that receivers on other clocks see it full.
constexpr absl::Duration kTail = absl::Milliseconds(5);

// The calling thread reads the windows of data threads that cannot, and runs for microseconds.
// Without either it may be late, which the windows then tell.
void BeOnTime() {
  if (!TakeRealTimePriority().ok()) TakeShortSlice().IgnoreError();
}

bool Receives(const v1::Prepare& prepare) {
  return std::any_of(prepare.ends().begin(), prepare.ends().end(),
                     [](const v1::FlowEnd& end) { return end.role() == v1::ROLE_RECEIVER; });
}

// Of a message; of an exchange, request and response.
uint64_t CountedBytes(const v1::Workload& workload) {
  return workload.message_bytes() + workload.response_bytes();
}

// What of `prepare` is one end's.
absl::StatusOr<Flow::Parts> PartsOf(const v1::Prepare& prepare, const v1::FlowEnd& end,
                                    std::map<uint32_t, UniqueFd>& sockets,
                                    std::map<uint32_t, UniqueFd>& controls) {
  const v1::Workload& workload = prepare.workload();
  Flow::Parts parts = {.end = end,
                       .socket = std::move(sockets.at(end.flow())),
                       .control = std::move(controls[end.flow()])};
  const bool both = Exchanges(workload.pattern());
  if (both || end.role() == v1::ROLE_SENDER) {
    ASSIGN_OR_RETURN(parts.sender, MakeSender(workload.send_mode()));
  }
  if (both || end.role() == v1::ROLE_RECEIVER) {
    ASSIGN_OR_RETURN(parts.receiver, MakeReceiver(workload.receive_mode()));
  }
  return parts;
}

}  // namespace

TrialRunner::TrialRunner(Clock& clock, Options options)
    : clock_(clock),
      options_(std::move(options)),
      notes_(clock),
      stop_event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      last_event_(clock.Now()),
      gate_(clock) {}

TrialRunner::~TrialRunner() = default;

void TrialRunner::Give(v1::Command command) {
  last_command_ns_ = absl::ToUnixNanos(clock_.Now());
  if (command.has_heartbeat()) return;
  // Commands must not pile up while Run is busy; one too many is out of turn whatever it says.
  if (++commands_given_ > kMostCommands) {
    Abort(absl::InvalidArgumentError(
        "a trial takes Prepare, Connect, Start and Finish, and nothing after these"));
    return;
  }
  notes_.Push(std::move(command));
}

void TrialRunner::Abort(absl::Status why) {
  aborted_ = true;
  notes_.Close(std::move(why));
  ::eventfd_write(stop_event_.get(), 1);
}

absl::Status TrialRunner::Run() {
  const auto run = [this]() -> absl::Status {
    ASSIGN_OR_RETURN(v1::Command prepare, FirstCommand());
    RETURN_IF_ERROR(Prepare(prepare.prepare()));
    ASSIGN_OR_RETURN(v1::Command connect, NextCommand());
    if (!connect.has_connect())
      return absl::InvalidArgumentError("Listening is followed by Connect");
    RETURN_IF_ERROR(Meet(connect.connect()));
    RETURN_IF_ERROR(StartThreads());
    RETURN_IF_ERROR(EmitReady());
    ASSIGN_OR_RETURN(v1::Command start, NextCommand());
    if (!start.has_start()) return absl::InvalidArgumentError("Ready is followed by Start");
    RETURN_IF_ERROR(Measure(start.start()));
    EmitFinished();
    return absl::OkStatus();
  };
  absl::Status status = run();
  for (const auto& thread : threads_) thread->Abort();
  for (const auto& thread : threads_) thread->Join();  // they read each other's meters
  flows_.clear();
  threads_.clear();
  rendezvous_.reset();
  link_.reset();
  return status;
}

absl::Status TrialRunner::Prepare(const v1::Prepare& prepare) {
  RETURN_IF_ERROR(options_.admit(prepare.epoch()));
  RETURN_IF_ERROR(ValidatePrepare(prepare));
  RETURN_IF_ERROR(CheckHostHas(prepare));
  RETURN_IF_ERROR(CheckLimits(options_.limits, prepare));
  if (!stop_event_.valid()) return absl::ResourceExhaustedError("eventfd: no descriptors left");
  prepare_ = prepare;
  schedule_ = {.warmup = absl::Nanoseconds(prepare.workload().warmup_ns()),
               .window = absl::Nanoseconds(prepare.workload().window_ns())};
  RETURN_IF_ERROR(ChangeLink());
  ASSIGN_OR_RETURN(rendezvous_, Rendezvous::Create(prepare_, options_.limits));
  v1::Event event;
  *event.mutable_listening() = rendezvous_->listening();
  Emit(event);
  return absl::OkStatus();
}

absl::Status TrialRunner::ChangeLink() {
  ASSIGN_OR_RETURN(link_, LinkChange::Apply(prepare_.data_address(), prepare_.workload(),
                                            {.permitted = options_.limits.allow_link_changes,
                                             .guard = options_.guard}));
  const absl::Time deadline = clock_.Now() + kLinkLimit;
  while (!link_->Carries()) {
    if (clock_.Now() >= deadline) {
      return absl::UnavailableError(absl::StrCat(link_->interface(), " does not carry anything ",
                                                 absl::FormatDuration(kLinkLimit),
                                                 " after it was changed"));
    }
    RETURN_IF_ERROR(WaitUntil(clock_.Now() + absl::Milliseconds(20)));
  }
  return absl::OkStatus();
}

absl::Status TrialRunner::Meet(const v1::Connect& connect) {
  RETURN_IF_ERROR(rendezvous_->Connect(connect));
  const absl::Time deadline = clock_.Now() + kConnectLimit;
  while (!rendezvous_->done()) {
    const absl::Status stepped =
        rendezvous_->Step(std::min(deadline, last_event_ + kHeartbeat), stop_event_.get());
    if (absl::IsCancelled(stepped)) return WhyAborted();
    RETURN_IF_ERROR(stepped);
    if (rendezvous_->done()) break;
    if (clock_.Now() >= deadline) {
      return absl::UnavailableError(absl::StrCat(rendezvous_->Missing(), " did not meet within ",
                                                 absl::FormatDuration(kConnectLimit)));
    }
    v1::Event event;
    event.mutable_heartbeat();
    Emit(event);
  }
  return absl::OkStatus();
}

absl::Status TrialRunner::StartThreads() {
  std::map<uint32_t, UniqueFd> sockets = rendezvous_->TakeSockets();
  std::map<uint32_t, UniqueFd> controls = rendezvous_->TakeControls();
  std::map<uint32_t, std::vector<Flow::Parts>> flows;  // of each thread
  for (const v1::FlowEnd& end : prepare_.ends()) {
    ASSIGN_OR_RETURN(Flow::Parts parts, PartsOf(prepare_, end, sockets, controls));
    flows[end.thread()].push_back(std::move(parts));
  }
  if (options_.counters != nullptr && prepare_.has_instruments()) {
    counters_.emplace(*options_.counters, prepare_.instruments(), OnlineCpus());
  }
  if (const uint32_t hz = prepare_.instruments().sampling_hz(); hz > 0) {
    DoAside([this, hz] { profiler_ = Profiler::Open(OnlineCpus(), hz); });
  }
  for (auto& [number, parts] : flows) RETURN_IF_ERROR(StartThread(number, std::move(parts)));
  ListFlows();
  const absl::Time deadline = clock_.Now() + kOpenLimit;
  for (size_t i = 0; i < threads_.size(); ++i) RETURN_IF_ERROR(NextThreadNote(deadline));
  return absl::OkStatus();
}

absl::Status TrialRunner::StartThread(uint32_t number, std::vector<Flow::Parts> flows) {
  const auto tell = [this, index = threads_.size()](absl::Status status) {
    notes_.Push(ThreadNote{.thread = index, .status = std::move(status)});
  };
  DataThread::Options options = {.number = number,
                                 .trial = {.workload = prepare_.workload(),
                                           .content_seed = prepare_.content_seed(),
                                           .gate = gate_},
                                 .flows = std::move(flows),
                                 .on_ready = tell,
                                 .on_done = tell};
  if (counters_) {
    options.counters = &counters_->source();
    options.events = {counters_->thread_groups().begin(), counters_->thread_groups().end()};
  }
  try {
    threads_.push_back(std::make_unique<DataThread>(std::move(options)));
  } catch (const std::system_error& error) {  // std::thread's way to say it
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot start data thread ", threads_.size() + 1, ": ", error.what(),
                     "; raise the limit of processes (ulimit -u, pids.max)"));
  }
  return absl::OkStatus();
}

// In the order in which the coordinator named them.
void TrialRunner::ListFlows() {
  std::map<uint32_t, Flow*> by_number;
  for (const auto& thread : threads_) {
    for (const auto& flow : thread->flows()) by_number[flow->end().flow()] = flow.get();
  }
  for (const v1::FlowEnd& end : prepare_.ends()) flows_.push_back(by_number.at(end.flow()));
}

absl::Status TrialRunner::EmitReady() {
  v1::Event event;
  v1::Ready& ready = *event.mutable_ready();
  v1::Workload& applied = *ready.mutable_applied();
  RETURN_IF_ERROR(MergeEchoes(threads_, v1::ROLE_SENDER, applied));
  RETURN_IF_ERROR(MergeEchoes(threads_, v1::ROLE_RECEIVER, applied));
  applied.set_warmup_ns(absl::ToInt64Nanoseconds(schedule_.warmup));
  applied.set_window_ns(absl::ToInt64Nanoseconds(schedule_.window));
  if (!IsLocal(prepare_.workload().transport())) RETURN_IF_ERROR(link_->Echo(applied));
  for (const Flow* flow : flows_) *ready.add_ends() = flow->applied_end();
  Emit(event);
  return absl::OkStatus();
}

absl::Status TrialRunner::Measure(const v1::Start& start) {
  BeOnTime();
  const absl::Time at = std::max(absl::FromUnixNanos(start.at_ns()), clock_.Now());
  if (at > clock_.Now() + absl::Seconds(10)) {
    return absl::InvalidArgumentError("start.at_ns: more than 10 s ahead of this agent's clock");
  }
  net_before_ = ReadNetCounters();
  link_before_ = ReadDataInterface();
  RETURN_IF_ERROR(WaitUntil(at));
  std::vector<Sampler::Source> sources;
  for (Flow* flow : flows_) {
    sources.push_back({.flow = flow->end().flow(),
                       .role = flow->end().role(),
                       .message_bytes = CountedBytes(prepare_.workload()),
                       .counters = &flow->meter().counters()});
  }
  // From the instant that was named, even if it has passed: a Start that comes late costs warm-up,
  // and the windows of all agents stay together.
  const absl::Time opens = std::max(absl::FromUnixNanos(start.at_ns()) + schedule_.warmup, at);
  const absl::Time closes = opens + schedule_.window;
  for (Flow* flow : flows_) meters_.push_back(&flow->meter());
  for (FlowMeter* meter : meters_) {
    if (schedule_.windowed()) {
      meter->Schedule(absl::ToUnixNanos(opens), absl::ToUnixNanos(closes), meters_);
    }
  }
  traffic_limit_ = at + options_.limits.max_duration + kEndLimit;
  gate_.Advance(Phase::kRunning);
  if (profiler() != nullptr) profiler()->LearnThreads();
  sampler_.emplace(std::move(sources), at);
  WatchDatagrams(at);
  if (schedule_.windowed()) {
    RETURN_IF_ERROR(RunWindow(opens, closes));
    sampler_.reset();
  }
  return AwaitEnd();
}

absl::Status TrialRunner::RunWindow(absl::Time opens, absl::Time closes) {
  RETURN_IF_ERROR(WaitUntil(opens));
  ASSIGN_OR_RETURN(const HostCpuReading opened, ReadHostCpu());
  if (counters_) counters_->Begin();
  if (profiler() != nullptr) {
    if (const absl::Status began = profiler()->Begin(); !began.ok()) profiler_ = began;
  }
  RETURN_IF_ERROR(ReadEdge(FlowMeter::Edge::kOpen, opens));
  RETURN_IF_ERROR(WaitUntil(closes));
  if (profiler() != nullptr) profiler()->End();
  if (counters_) counters_->End();
  ASSIGN_OR_RETURN(const HostCpuReading closed, ReadHostCpu());
  RETURN_IF_ERROR(ReadEdge(FlowMeter::Edge::kClose, closes));
  host_cpu_ = Difference(opened, closed);
  uring_workers_ = CountUringWorkers();  // while the rings are there
  RETURN_IF_ERROR(WaitUntil(closes + kTail));
  // What is under way is waited for, and then ends. An exchange has no end without its answer.
  if (!Exchanges(prepare_.workload().pattern())) watch_.reset();
  gate_.Advance(Phase::kStop);
  return absl::OkStatus();
}

// A stream of which every message must arrive is held back by what its receiver says itself.
void TrialRunner::WatchDatagrams(absl::Time at) {
  const v1::Workload& workload = prepare_.workload();
  if (!IsDatagrams(workload.transport())) return;
  if (!schedule_.windowed() && !Exchanges(workload.pattern())) return;
  std::vector<DatagramWatch::Flow> flows;
  for (Flow* flow : flows_) {
    flows.push_back({.flow = flow->end().flow(),
                     .role = flow->end().role(),
                     .control = flow->sockets().control,
                     .counters = &flow->meter().counters()});
  }
  watch_.emplace(flows, workload, at);
}

// By time, not by what threads say: one that were preempted while it told would hold this up.
absl::Status TrialRunner::ReadEdge(FlowMeter::Edge edge, absl::Time due) {
  RETURN_IF_ERROR(WaitUntil(due + FlowMeter::kGrace));
  for (FlowMeter* meter : meters_) {
    meter->Read(edge);
    meter->CountThread(edge);
  }
  for (Flow* flow : flows_) {
    RETURN_IF_ERROR(Annotate(flow->ReadTcp(edge), absl::StrCat("flow ", flow->end().flow())));
  }
  return absl::OkStatus();
}

// Until every thread is done. Receivers end when their senders have; Finish says that these all
// have, so that silence from then on is a fault.
absl::Status TrialRunner::AwaitEnd() {
  const bool receives = Receives(prepare_);
  end_limit_ = clock_.Now() + kEndLimit;
  while (threads_done_ < threads_.size() || (receives && !finish_told_)) {
    const bool bounded = receives ? finish_told_ : schedule_.windowed();
    ASSIGN_OR_RETURN(Note note, NextNote(bounded ? end_limit_ : absl::InfiniteFuture(),
                                         "data threads did not end in time"));
    RETURN_IF_ERROR(TakeWhileRunning(std::move(note)));
  }
  return absl::OkStatus();
}

void TrialRunner::EmitFinished() {
  if (samples_.samples_size() > 0) EmitLife();
  v1::Event event;
  v1::Finished& finished = *event.mutable_finished();
  for (const Flow* flow : flows_) {
    v1::FlowResult& result = *finished.add_flows() = flow->result();
    if (auto window = flow->meter().Window()) *result.mutable_window() = *std::move(window);
    const bool sees_bytes =
        result.role() == v1::ROLE_RECEIVER && !Exchanges(prepare_.workload().pattern());
    if (sees_bytes && result.has_window()) result.mutable_window()->clear_messages();
    flow->TellTcp(result);
  }
  if (host_cpu_.has_value()) *finished.mutable_host_cpu() = *host_cpu_;
  if (counters_ && schedule_.windowed()) TellCounts(finished);
  if (schedule_.windowed()) TellProfile(finished);
  if (uring_workers_.ok()) finished.set_uring_workers(*uring_workers_);
  const absl::StatusOr<CounterValues> net = ReadNetCounters();
  if (net.ok() && net_before_.ok()) *finished.mutable_net_counters() = Growth(*net_before_, *net);
  const absl::StatusOr<CounterValues> link = ReadDataInterface();
  if (link.ok() && link_before_.ok()) {
    *finished.mutable_link_counters() = Growth(*link_before_, *link);
  }
  Emit(event);
}

void TrialRunner::TellProfile(v1::Finished& finished) {
  if (!profiler_.ok()) {
    finished.mutable_profile()->set_absent(std::string(profiler_.status().message()));
  } else if (*profiler_ != nullptr) {
    DoAside([&] { *finished.mutable_profile() = (*profiler_)->Tell(); });
  }
}

absl::StatusOr<CounterValues> TrialRunner::ReadDataInterface() const {
  ASSIGN_OR_RETURN(const std::string interface, InterfaceOf(prepare_.data_address()));
  return ReadLinkCounters(interface);
}

void TrialRunner::TellCounts(v1::Finished& finished) const {
  for (const auto& thread : threads_) {
    v1::ThreadCounts& counts = *finished.add_thread_counts() = thread->counted();
    counters_->AddWaiting(counts);
  }
  for (v1::CpuCounts& counts : counters_->OfCpus()) *finished.add_cpu_counts() = std::move(counts);
}

// What there is to tell, or just that this agent lives.
void TrialRunner::EmitLife() {
  v1::Event event;
  if (samples_.samples_size() > 0) {
    event.mutable_samples()->Swap(&samples_);
    samples_.Clear();
  } else {
    event.mutable_heartbeat();
  }
  Emit(event);
}

void TrialRunner::Emit(const v1::Event& event) {
  last_event_ = clock_.Now();
  options_.emit(event);
}

// What may take longer than an agent may be silent for: symbols of a kernel and of programs are
// many, and a host may be slow. By another thread, unless there can be none, while this one shows
// life.
void TrialRunner::DoAside(const std::function<void()>& work) {
  Mailbox<bool> done(clock_);
  std::thread aside;
  try {
    aside = std::thread([&] {
      work();
      done.Push(true);
    });
  } catch (const std::system_error&) {  // std::thread's way to say that there can be none
    work();
    return;
  }
  while (!done.PopUntil(clock_.Now() + kHeartbeat).ok()) EmitLife();
  aside.join();
}

// Lets the trial go on until then.
absl::Status TrialRunner::WaitUntil(absl::Time until) {
  while (clock_.Now() < until) {
    absl::StatusOr<Note> note = NextNote(until, "");
    if (absl::IsDeadlineExceeded(note.status())) return absl::OkStatus();
    RETURN_IF_ERROR(note.status());
    RETURN_IF_ERROR(TakeWhileRunning(*std::move(note)));
  }
  return absl::OkStatus();
}

// The peers may be a little ahead: their end, and the coordinator's Finish, may come while this
// runner has not yet woken for its own.
absl::Status TrialRunner::TakeWhileRunning(Note note) {
  if (const auto* command = std::get_if<v1::Command>(&note)) {
    if (!command->has_finish() || finish_told_ || !Receives(prepare_)) {
      return absl::InvalidArgumentError("only Finish, once, and only to receivers, follows Start");
    }
    finish_told_ = true;
    end_limit_ = clock_.Now() + kEndLimit;
    return absl::OkStatus();
  }
  const ThreadNote& ended = std::get<ThreadNote>(note);
  RETURN_IF_ERROR(ended.status);
  ++threads_done_;
  for (const auto& flow : threads_[ended.thread]->flows()) {
    const uint32_t number = flow->end().flow();
    if (watch_.has_value()) watch_->Forget(number);
    if (!schedule_.windowed() || flow->meter().HasRead(FlowMeter::Edge::kClose)) continue;
    return absl::UnavailableError(absl::StrCat("flow ", number, " ended before its window closed"));
  }
  return absl::OkStatus();
}

// The next note, with samples and heartbeats going out meanwhile. DeadlineExceeded says `late` when
// none has come by `deadline`; Unavailable when the coordinator is silent, or traffic goes on for
// longer than this agent permits.
absl::StatusOr<TrialRunner::Note> TrialRunner::NextNote(absl::Time deadline,
                                                        absl::string_view late) {
  while (true) {
    absl::Time until =
        std::min({deadline, last_event_ + kHeartbeat, SilenceLimit(), traffic_limit_});
    if (sampler_.has_value()) until = std::min(until, sampler_->due());
    if (watch_.has_value()) until = std::min(until, watch_->due());
    absl::StatusOr<Note> note = notes_.PopUntil(until);
    if (!absl::IsDeadlineExceeded(note.status())) return note;
    const absl::Time now = clock_.Now();
    if (sampler_.has_value() && now >= sampler_->due()) {
      if (auto sample = sampler_->Tick(now)) *samples_.add_samples() = *std::move(sample);
      if (profiler() != nullptr) profiler()->Drain();
    }
    if (watch_.has_value() && now >= watch_->due()) RETURN_IF_ERROR(watch_->Tick(now));
    if (now >= last_event_ + kHeartbeat) EmitLife();
    if (now >= deadline) return absl::DeadlineExceededError(late);
    if (now >= SilenceLimit()) {
      return absl::UnavailableError(absl::StrCat(
          "control was lost: the coordinator was silent for ", absl::FormatDuration(kSilence)));
    }
    if (now >= traffic_limit_) {
      return absl::ResourceExhaustedError(
          absl::StrCat("traffic went on for ", absl::FormatDuration(options_.limits.max_duration),
                       "; copycost-agent --max-duration would have to permit more"));
    }
  }
}

absl::Time TrialRunner::SilenceLimit() const {
  return absl::FromUnixNanos(last_command_ns_.load()) + kSilence;
}

// What Abort was told. Only after it was called.
absl::Status TrialRunner::WhyAborted() {
  while (true) {
    const absl::StatusOr<Note> note = notes_.PopUntil(absl::InfiniteFuture());
    if (!note.ok()) return note.status();
  }
}

absl::StatusOr<v1::Command> TrialRunner::FirstCommand() {
  ASSIGN_OR_RETURN(Note note,
                   NextNote(clock_.Now() + kPrepareLimit,
                            absl::StrCat("no Prepare came within ",
                                         absl::FormatDuration(kPrepareLimit), " of the call")));
  auto* command = std::get_if<v1::Command>(&note);
  if (command == nullptr || !command->has_prepare()) {
    return absl::InvalidArgumentError("the first command is Prepare");
  }
  return std::move(*command);
}

absl::StatusOr<v1::Command> TrialRunner::NextCommand() {
  ASSIGN_OR_RETURN(Note note, NextNote(absl::InfiniteFuture(), ""));
  if (auto* command = std::get_if<v1::Command>(&note)) return std::move(*command);
  const ThreadNote& thread = std::get<ThreadNote>(note);
  RETURN_IF_ERROR(thread.status);
  return absl::UnavailableError("a data thread ended before it began");
}

absl::Status TrialRunner::NextThreadNote(absl::Time deadline) {
  ASSIGN_OR_RETURN(Note note, NextNote(deadline, "data threads did not open their modes in time"));
  const auto* thread = std::get_if<ThreadNote>(&note);
  if (thread == nullptr) return absl::InvalidArgumentError("a command came out of turn");
  return thread->status;
}

}  // namespace copycost
