#include "agent/checks/thread_events.h"

#include "agent/measure/thread_usage.h"
#include "common/status.h"

namespace copycost {
namespace {

ThreadUsage UsageKnown(const Kernel& kernel) {
  ThreadUsage usage;
  usage.cpu_ns = 0;  // every thread has a clock
  const absl::StatusOr<std::string> sched = kernel.Read("/proc/thread-self/sched");
  if (sched.ok()) usage.migrations = ParseMigrations(*sched);
  return usage;
}

}  // namespace

absl::StatusOr<EventOfThreads> TryEventOfThreads(const Kernel& kernel, const std::string& event) {
  if (UsageEvent(event, UsageKnown(kernel))) return EventOfThreads();
  ASSIGN_OR_RETURN(const Kernel::Counted counted, kernel.Count(event, CounterTarget::ThisThread()));
  return EventOfThreads{.user_only = counted.user_only};
}

}  // namespace copycost
