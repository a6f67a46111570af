// Events on their way to a coordinator, one write at a time. Bounded: a coordinator that takes none
// is as good as lost, and they must not pile up for it. Guarded by its owner.
#ifndef COPYCOST_AGENT_OUTBOX_H_
#define COPYCOST_AGENT_OUTBOX_H_

#include <cstddef>
#include <deque>

#include "copycost/v1/agent.pb.h"

namespace copycost {

class Outbox {
 public:
  // At the rate of samples, one each 100 ms, a coordinator that lets so many wait has read nothing
  // for longer than it takes to count as lost.
  static constexpr size_t kMostWaiting = 64;

  enum class Next {
    kWrite,     // front() is to be written now
    kWait,      // another is being written
    kOverflow,  // for the first time: the event was dropped, as all that follow are
    kNothing,
  };

  Next Push(const v1::Event& event) {
    if (overflowed_) return Next::kNothing;
    if (events_.size() >= kMostWaiting) {
      overflowed_ = true;
      return Next::kOverflow;
    }
    events_.push_back(event);
    return events_.size() == 1 ? Next::kWrite : Next::kWait;
  }

  // When front() was written.
  Next Written() {
    events_.pop_front();
    return events_.empty() ? Next::kNothing : Next::kWrite;
  }

  bool empty() const { return events_.empty(); }

  // Stays where it is until Written.
  const v1::Event& front() const { return events_.front(); }

 private:
  std::deque<v1::Event> events_;
  bool overflowed_ = false;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_OUTBOX_H_
