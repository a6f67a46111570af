#include "coordinator/cli/signals.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <utility>

#include "common/clock.h"
#include "coordinator/cli/exit_code.h"

namespace copycost {
namespace {

constexpr absl::Duration kSame = absl::Milliseconds(500);

sigset_t Watched() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM}) sigaddset(&set, signal);
  struct sigaction hangup {};
  const bool ignored =  // as nohup leaves it
      ::sigaction(SIGHUP, nullptr, &hangup) == 0 && hangup.sa_handler == SIG_IGN;
  if (!ignored) sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

void BlockSignals() {
  const sigset_t set = Watched();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);  // a file too large is an error of the write
}

SignalWatch::SignalWatch(std::function<void()> on_signal)
    : on_signal_(std::move(on_signal)), thread_([this] { Watch(); }) {}

SignalWatch::~SignalWatch() {
  over_ = true;
  ::pthread_kill(thread_.native_handle(), SIGTERM);  // wakes sigwait
  thread_.join();
}

void SignalWatch::Watch() {
  const sigset_t set = Watched();
  while (true) {
    int signal = 0;
    ::sigwait(&set, &signal);
    if (over_) return;
    const absl::Time now = RealClock().Now();
    if (received_ == 0) {
      received_ = signal;
      first_ = now;
      on_signal_();
    } else if (now - first_ >= kSame) {
      ::_exit(kExitSignalBase + signal);
    }
  }
}

}  // namespace copycost
