#include "agent/measure/host_cpu.h"

#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/clock.h"

namespace copycost {
namespace {

constexpr int64_t kNanos = 1'000'000'000;

// Columns of the "cpu" line (proc(5)).
enum Column { kUser = 1, kNice, kSystem, kIdle, kIoWait, kIrq, kSoftIrq, kSteal };

bool IsCpuLine(absl::string_view line) {
  return absl::StartsWith(line, "cpu") && line.size() > 3 &&
         absl::ascii_isdigit(static_cast<unsigned char>(line[3]));
}

}  // namespace

absl::StatusOr<HostCpuReading> ParseHostCpu(absl::string_view stat, int64_t ticks_per_second) {
  HostCpuReading reading;
  bool found = false;
  for (const absl::string_view line : absl::StrSplit(stat, '\n')) {
    if (IsCpuLine(line)) ++reading.cpus;
    if (!absl::StartsWith(line, "cpu ")) continue;
    const std::vector<absl::string_view> columns = absl::StrSplit(line, ' ', absl::SkipEmpty());
    if (columns.size() <= kSteal)
      return absl::InternalError("/proc/stat: its cpu line is too short");
    const auto nanos = [&](Column column) {
      int64_t ticks = 0;
      found = absl::SimpleAtoi(columns[column], &ticks) && found;
      return ticks * (kNanos / ticks_per_second);
    };
    found = true;
    reading.busy_ns = nanos(kUser) + nanos(kNice) + nanos(kSystem) + nanos(kIrq) + nanos(kSoftIrq);
    reading.steal_ns = nanos(kSteal);
  }
  if (!found || reading.cpus == 0) return absl::InternalError("/proc/stat: no readable cpu lines");
  return reading;
}

absl::StatusOr<HostCpuReading> ReadHostCpu() {
  std::ifstream file("/proc/stat");
  std::stringstream text;
  text << file.rdbuf();
  if (!file) return absl::NotFoundError("/proc/stat cannot be read");
  absl::StatusOr<HostCpuReading> reading = ParseHostCpu(text.str(), ::sysconf(_SC_CLK_TCK));
  if (reading.ok()) reading->at_ns = MonotonicNanos();
  return reading;
}

v1::HostCpu Difference(const HostCpuReading& open, const HostCpuReading& close) {
  v1::HostCpu cpu;
  cpu.set_busy_ns(close.busy_ns - open.busy_ns);
  cpu.set_steal_ns(close.steal_ns - open.steal_ns);
  cpu.set_interval_ns(close.at_ns - open.at_ns);
  cpu.set_resolution_ns(close.cpus * (kNanos / ::sysconf(_SC_CLK_TCK)));
  return cpu;
}

}  // namespace copycost
