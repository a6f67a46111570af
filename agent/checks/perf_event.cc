#include "agent/checks/perf_event.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fd.h"
#include "common/status.h"

namespace copycost {
namespace {

constexpr int64_t kWorkNs = 50'000;

perf_event_attr AttributesOf(const PerfEvent& event) {
  perf_event_attr attributes{};
  attributes.size = sizeof(attributes);
  attributes.exclude_kernel = !event.with_kernel;
  attributes.exclude_hv = 1;
  switch (event.what) {
    case PerfEvent::What::kTaskClock:
      attributes.type = PERF_TYPE_SOFTWARE;
      attributes.config = PERF_COUNT_SW_TASK_CLOCK;
      break;
    case PerfEvent::What::kCpuClock:
      attributes.type = PERF_TYPE_SOFTWARE;
      attributes.config = PERF_COUNT_SW_CPU_CLOCK;
      break;
    case PerfEvent::What::kCycles:
      attributes.type = PERF_TYPE_HARDWARE;
      attributes.config = PERF_COUNT_HW_CPU_CYCLES;
      break;
  }
  return attributes;
}

// In user mode, where every event counts; the clock is read without a system call.
void Work() {
  const int64_t until = MonotonicNanos() + kWorkNs;
  while (MonotonicNanos() < until) {
  }
}

}  // namespace

absl::StatusOr<uint64_t> CountEvent(const PerfEvent& event) {
  perf_event_attr attributes = AttributesOf(event);
  const bool of_thread = event.scope == PerfEvent::Scope::kThread;
  const UniqueFd counter(static_cast<int>(
      ::syscall(SYS_perf_event_open, &attributes, of_thread ? 0 : -1,
                of_thread ? -1 : static_cast<int>(event.cpu), -1, PERF_FLAG_FD_CLOEXEC)));
  if (!counter.valid()) return ErrnoStatus("perf_event_open");
  Work();
  uint64_t value = 0;
  if (::read(counter.get(), &value, sizeof(value)) != sizeof(value)) {
    return ErrnoStatus("read from a counter");
  }
  return value;
}

}  // namespace copycost
