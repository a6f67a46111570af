// One trial, from Prepare to Finished, as Agent.RunTrial defines it. Knows nothing of gRPC:
// commands are given, events are emitted.
//
//   TrialRunner runner(clock, {.admit = ..., .emit = ...});
//   runner.Give(command);          // another thread, as they arrive
//   runner.Abort(status);          // another thread: control is lost, or the hold has ended
//   absl::Status end = runner.Run();
//
// When Run returns, no thread of the trial lives and no socket of it is open.
#ifndef COPYCOST_AGENT_TRIAL_RUNNER_H_
#define COPYCOST_AGENT_TRIAL_RUNNER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "agent/data_thread.h"
#include "agent/limits.h"
#include "agent/link/link_change.h"
#include "agent/link/link_guard.h"
#include "agent/measure/counters.h"
#include "agent/measure/host_cpu.h"
#include "agent/measure/link_counters.h"
#include "agent/measure/net_counters.h"
#include "agent/measure/profiler.h"
#include "agent/measure/sampler.h"
#include "agent/measure/trial_counters.h"
#include "agent/measure/window_gate.h"
#include "agent/transport/datagram_watch.h"
#include "agent/transport/rendezvous.h"
#include "common/clock.h"
#include "common/fd.h"
#include "common/mailbox.h"
#include "copycost/v1/agent.pb.h"

namespace copycost {

class TrialRunner {
 public:
  struct Options {
    // Whether a trial under this epoch may run now; its status ends Run. Called once, by Run's
    // thread, when Prepare has come and before anything is done for it.
    std::function<absl::Status(uint64_t epoch)> admit;
    // Sends one event; called by Run's thread.
    std::function<void(const v1::Event&)> emit;
    // What a trial may ask for. By default as much as an agent without flags permits.
    Limits limits = {};
    // Restores what a trial changed if this process is killed. Null: nothing would have to be.
    LinkGuard* guard = nullptr;
    // Counts what Prepare.instruments asks for. Null: nothing is counted.
    CounterSource* counters = nullptr;
  };

  TrialRunner(Clock& clock, Options options);
  ~TrialRunner();

  // By one thread. One command more than a trial has aborts it; heartbeats only tell that the
  // coordinator lives, and must not fail to come for 1.5 s.
  void Give(v1::Command command);

  // Stops traffic at once; Run returns `why`. The first call counts. `why` must not be OK.
  void Abort(absl::Status why);
  // Whether it was called. Any thread.
  bool aborted() const { return aborted_.load(); }

  // OK after Finished was emitted; otherwise what failed. InvalidArgument for a bad Prepare or a
  // command out of turn; DeadlineExceeded when no Prepare comes; DataLoss when bytes or sizes were
  // not what was asked.
  absl::Status Run();

 private:
  struct ThreadNote {
    size_t thread;  // of threads_
    absl::Status status;
  };
  using Note = std::variant<v1::Command, ThreadNote>;

  // What the measured part goes by, and what Ready tells of it.
  struct Schedule {
    absl::Duration warmup;
    absl::Duration window;  // zero: the flows end by themselves
    bool windowed() const { return window > absl::ZeroDuration(); }
  };

  absl::StatusOr<v1::Command> FirstCommand();
  absl::StatusOr<v1::Command> NextCommand();
  absl::Status WhyAborted();
  absl::Time SilenceLimit() const;
  absl::Status NextThreadNote(absl::Time deadline);
  absl::StatusOr<Note> NextNote(absl::Time deadline, absl::string_view late);
  absl::Status Prepare(const v1::Prepare& prepare);
  absl::Status ChangeLink();
  absl::Status Meet(const v1::Connect& connect);
  absl::Status StartThreads();
  absl::Status StartThread(uint32_t number, std::vector<Flow::Parts> flows);
  void ListFlows();
  absl::Status EmitReady();
  absl::Status Measure(const v1::Start& start);
  void WatchDatagrams(absl::Time at);
  absl::Status RunWindow(absl::Time opens, absl::Time closes);
  absl::Status WaitUntil(absl::Time until);
  absl::Status TakeWhileRunning(Note note);
  absl::Status ReadEdge(FlowMeter::Edge edge, absl::Time due);
  absl::Status AwaitEnd();
  void EmitFinished();
  absl::StatusOr<CounterValues> ReadDataInterface() const;
  void TellCounts(v1::Finished& finished) const;
  Profiler* profiler() { return profiler_.ok() ? profiler_->get() : nullptr; }
  void TellProfile(v1::Finished& finished);
  void Emit(const v1::Event& event);
  void EmitLife();
  void DoAside(const std::function<void()>& work);

  Clock& clock_;
  const Options options_;
  Mailbox<Note> notes_;
  std::atomic<bool> aborted_ = false;
  UniqueFd stop_event_;  // readable once aborted: wakes what waits in poll
  absl::Time last_event_;
  // When it came, of clock_; before the first the limit is that of Prepare.
  std::atomic<int64_t> last_command_ns_ = std::numeric_limits<int64_t>::max();
  absl::Time traffic_limit_ = absl::InfiniteFuture();  // once there is traffic
  int commands_given_ = 0;                             // by Give's thread only

  v1::Prepare prepare_;
  Schedule schedule_;
  WindowGate gate_;
  std::optional<LinkChange> link_;
  std::optional<Rendezvous> rendezvous_;
  std::optional<TrialCounters> counters_;
  absl::StatusOr<std::unique_ptr<Profiler>> profiler_ = nullptr;  // null: not asked for
  std::vector<std::unique_ptr<DataThread>> threads_;
  std::vector<Flow*> flows_;        // of threads_, in the order of prepare_'s ends
  std::vector<FlowMeter*> meters_;  // of flows_, once there is traffic
  std::optional<Sampler> sampler_;
  std::optional<DatagramWatch> watch_;  // while datagrams may be sent in vain
  v1::Samples samples_;                 // not yet told
  std::optional<v1::HostCpu> host_cpu_;
  absl::StatusOr<CounterValues> net_before_;  // there was traffic
  absl::StatusOr<CounterValues> link_before_;
  absl::StatusOr<uint32_t> uring_workers_;  // at the window's end
  size_t threads_done_ = 0;
  bool finish_told_ = false;
  absl::Time end_limit_ = absl::InfiniteFuture();
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_TRIAL_RUNNER_H_
