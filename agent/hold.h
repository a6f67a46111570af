// Who may use this agent now. A coordinator holds it for a whole run, under an epoch that no other
// run ever has; trials under another epoch are refused. Thread-safe.
#ifndef COPYCOST_AGENT_HOLD_H_
#define COPYCOST_AGENT_HOLD_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/mutex.h"

namespace copycost {

class Hold {
 public:
  explicit Hold(Clock& clock) : clock_(clock) {}

  // The new epoch. A hold with the same token is taken over: its epoch is over from now on.
  // InvalidArgument for an empty or overlong holder, or a token that is not of 16 bytes;
  // ResourceExhausted names who holds the agent and since when.
  absl::StatusOr<uint64_t> Take(absl::string_view holder, absl::string_view token);

  // Ends the hold; an epoch that is over already changes nothing.
  void Release(uint64_t epoch);

  // Aborted unless `epoch` holds the agent.
  absl::Status Check(uint64_t epoch) const;

 private:
  struct Holder {
    std::string name;
    std::string token;
    absl::Time since;
  };

  Clock& clock_;
  mutable Mutex mutex_;
  uint64_t epoch_ ABSL_GUARDED_BY(mutex_) = 0;
  std::optional<Holder> holder_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_HOLD_H_
