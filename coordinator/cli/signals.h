// SIGINT and SIGTERM, taken by a thread instead of a handler.
#ifndef COPYCOST_COORDINATOR_CLI_SIGNALS_H_
#define COPYCOST_COORDINATOR_CLI_SIGNALS_H_

#include <atomic>
#include <functional>
#include <thread>

#include "absl/time/time.h"

namespace copycost {

// Blocks SIGINT, SIGTERM and SIGHUP for this thread and all it starts, and ignores SIGPIPE. For a
// command that has something to keep when it is interrupted; before there are threads.
void BlockSignals();

// Calls `on_signal` for the first signal that comes while it lives; another one, half a second
// later or more, ends the process at once, with the signal's exit code. Sooner it is the same:
// timeout(1) and wrappers like it signal their child, and then its process group.
class SignalWatch {
 public:
  explicit SignalWatch(std::function<void()> on_signal);
  ~SignalWatch();

  // The first signal's number; 0 while none has come.
  int received() const { return received_.load(); }

 private:
  void Watch();

  const std::function<void()> on_signal_;
  std::atomic<int> received_ = 0;
  std::atomic<bool> over_ = false;
  absl::Time first_;  // when it came; the thread's
  std::thread thread_;
};

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_CLI_SIGNALS_H_
