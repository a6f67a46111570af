// CPU time of the whole host, from /proc/stat, and its softirqs, from /proc/softirqs.
#ifndef COPYCOST_AGENT_MEASURE_HOST_CPU_H_
#define COPYCOST_AGENT_MEASURE_HOST_CPU_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

struct HostCpuReading {
  int64_t at_ns = 0;                       // CLOCK_MONOTONIC
  std::vector<v1::CpuTime> cpus;           // since the host started; guests are part of user
  std::vector<v1::SoftirqCount> softirqs;  // likewise; empty where the kernel does not tell
};

// NotFound or Internal when /proc/stat cannot be read or understood.
absl::StatusOr<HostCpuReading> ReadHostCpu();

// `stat` is the text of /proc/stat, `ticks_per_second` is sysconf(_SC_CLK_TCK).
absl::StatusOr<HostCpuReading> ParseHostCpu(absl::string_view stat, int64_t ticks_per_second);

// The text of /proc/softirqs; empty for any other.
std::vector<v1::SoftirqCount> ParseSoftirqs(absl::string_view softirqs);

// Sums are of the CPUs that were online at both readings.
v1::HostCpu Difference(const HostCpuReading& open, const HostCpuReading& close);

}  // namespace copycost

#endif  // COPYCOST_AGENT_MEASURE_HOST_CPU_H_
