// CPU time of the whole host, from /proc/stat.
#ifndef COPYCOST_AGENT_MEASURE_HOST_CPU_H_
#define COPYCOST_AGENT_MEASURE_HOST_CPU_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

struct HostCpuReading {
  int64_t at_ns = 0;    // CLOCK_MONOTONIC
  int64_t busy_ns = 0;  // user, nice, system, irq, softirq; guests are part of user (proc(5))
  int64_t steal_ns = 0;
  int cpus = 0;
};

// NotFound or Internal when /proc/stat cannot be read or understood.
absl::StatusOr<HostCpuReading> ReadHostCpu();

// `stat` is the text of /proc/stat, `ticks_per_second` is sysconf(_SC_CLK_TCK).
absl::StatusOr<HostCpuReading> ParseHostCpu(absl::string_view stat, int64_t ticks_per_second);

v1::HostCpu Difference(const HostCpuReading& open, const HostCpuReading& close);

}  // namespace copycost

#endif  // COPYCOST_AGENT_MEASURE_HOST_CPU_H_
