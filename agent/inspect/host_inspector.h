// How this host is set, as it is told to whoever asks before and after a run.
#ifndef COPYCOST_AGENT_INSPECT_HOST_INSPECTOR_H_
#define COPYCOST_AGENT_INSPECT_HOST_INSPECTOR_H_

#include <optional>

#include "absl/status/statusor.h"
#include "agent/measure/counters.h"
#include "agent/measure/host_cpu.h"
#include "common/mutex.h"
#include "copycost/v1/host.pb.h"

namespace copycost {

// Thread-safe.
class HostInspector {
 public:
  // Outlives this.
  explicit HostInspector(CounterSource& counters) : counters_(counters) {}

  // As the calling thread sees it, in its network namespace; some milliseconds.
  // InvalidArgument for more data addresses or events than an agent is asked for, and for what is
  // no event's name.
  absl::StatusOr<v1::HostState> Inspect(const v1::InspectRequest& request);

 private:
  CounterSource& counters_;
  Mutex mutex_;
  std::optional<HostCpuReading> last_ ABSL_GUARDED_BY(mutex_);  // at the end of the last one
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_INSPECT_HOST_INSPECTOR_H_
