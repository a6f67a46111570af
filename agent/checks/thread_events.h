// Whether events can be counted of threads, tried on the calling one.
#ifndef COPYCOST_AGENT_CHECKS_THREAD_EVENTS_H_
#define COPYCOST_AGENT_CHECKS_THREAD_EVENTS_H_

#include <string>

#include "absl/status/statusor.h"
#include "agent/checks/kernel.h"

namespace copycost {

struct EventOfThreads {
  bool user_only = false;  // what it does in the kernel may not be counted
};

// What the kernel keeps of each thread anyway (thread_usage.h) needs no counter. Errors as those of
// CounterSource (measure/counters.h).
absl::StatusOr<EventOfThreads> TryEventOfThreads(const Kernel& kernel, const std::string& event);

}  // namespace copycost

#endif  // COPYCOST_AGENT_CHECKS_THREAD_EVENTS_H_
