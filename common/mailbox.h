// A queue from many threads to one, with deadlines on an injected clock.
//
//   Mailbox<Command> commands(clock);
//   commands.Push(command);  // any thread
//
//   // A command, DeadlineExceeded, or what Close was told.
//   commands.PopUntil(clock.Now() + absl::Seconds(1));
#ifndef COPYCOST_COMMON_MAILBOX_H_
#define COPYCOST_COMMON_MAILBOX_H_

#include <condition_variable>
#include <deque>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/mutex.h"

namespace copycost {

template <typename Item>
class Mailbox {
 public:
  explicit Mailbox(Clock& clock) : clock_(clock) {}

  // After Close() the item is dropped.
  void Push(Item item) {
    MutexLock lock(mutex_);
    if (!closed_.ok()) return;
    items_.push_back(std::move(item));
    changed_.notify_all();
  }

  // No more will come, and `why` is what PopUntil says once the queue is empty. The first call
  // counts. `why` must not be OK.
  void Close(absl::Status why) {
    MutexLock lock(mutex_);
    if (closed_.ok()) closed_ = std::move(why);
    changed_.notify_all();
  }

  // The next item; the status given to Close(); or DeadlineExceeded.
  absl::StatusOr<Item> PopUntil(absl::Time deadline) {
    MutexLock lock(mutex_);
    while (items_.empty()) {
      if (!closed_.ok()) return closed_;
      const bool in_time = clock_.WaitUntil(mutex_, changed_, deadline);
      if (!in_time && items_.empty() && closed_.ok()) {
        return absl::DeadlineExceededError("nothing arrived in time");
      }
    }
    Item item = std::move(items_.front());
    items_.pop_front();
    return item;
  }

 private:
  Clock& clock_;
  Mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> items_ ABSL_GUARDED_BY(mutex_);
  absl::Status closed_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace copycost

#endif  // COPYCOST_COMMON_MAILBOX_H_
