#include "agent/measure/host_cpu.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/clock.h"
#include "common/status.h"
#include "common/utf8.h"

namespace copycost {
namespace {

constexpr int64_t kNanos = 1'000'000'000;

// Columns of the lines of CPUs (proc(5)).
enum Column { kUser = 1, kNice, kSystem, kIdle, kIoWait, kIrq, kSoftIrq, kSteal };

// A line that begins with "cpu7".
absl::StatusOr<v1::CpuTime> ParseLine(absl::string_view line, int64_t ticks_per_second) {
  const std::vector<absl::string_view> columns = absl::StrSplit(line, ' ', absl::SkipEmpty());
  if (columns.size() <= kSteal) {
    return absl::InternalError("/proc/stat: a line of a CPU is too short");
  }
  bool read = true;
  const auto nanos = [&](Column column) {
    int64_t ticks = 0;
    read = absl::SimpleAtoi(columns[column], &ticks) && read;
    return ticks * (kNanos / ticks_per_second);
  };
  v1::CpuTime time;
  time.set_user_ns(nanos(kUser) + nanos(kNice));
  time.set_system_ns(nanos(kSystem));
  time.set_irq_ns(nanos(kIrq));
  time.set_softirq_ns(nanos(kSoftIrq));
  time.set_idle_ns(nanos(kIdle) + nanos(kIoWait));
  time.set_steal_ns(nanos(kSteal));
  uint32_t cpu = 0;
  absl::string_view number = columns[0];
  absl::ConsumePrefix(&number, "cpu");
  read = absl::SimpleAtoi(number, &cpu) && read;
  time.set_cpu(cpu);
  if (!read) return absl::InternalError("/proc/stat: a line of a CPU cannot be read");
  return time;
}

v1::CpuTime Difference(const v1::CpuTime& open, const v1::CpuTime& close) {
  v1::CpuTime time;
  time.set_cpu(close.cpu());
  time.set_user_ns(close.user_ns() - open.user_ns());
  time.set_system_ns(close.system_ns() - open.system_ns());
  time.set_irq_ns(close.irq_ns() - open.irq_ns());
  time.set_softirq_ns(close.softirq_ns() - open.softirq_ns());
  time.set_idle_ns(close.idle_ns() - open.idle_ns());
  time.set_steal_ns(close.steal_ns() - open.steal_ns());
  return time;
}

// Ticks are whole, the interval is not: a CPU that is idle may be so for longer than it.
int64_t BusyNs(const v1::CpuTime& time, int64_t interval_ns) {
  return std::max<int64_t>(0, interval_ns - time.idle_ns() - time.steal_ns());
}

absl::StatusOr<std::string> ReadText(const char* path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) return absl::NotFoundError(absl::StrCat(path, " cannot be read"));
  return text.str();
}

}  // namespace

absl::StatusOr<HostCpuReading> ParseHostCpu(absl::string_view stat, int64_t ticks_per_second) {
  HostCpuReading reading;
  for (const absl::string_view line : absl::StrSplit(stat, '\n')) {
    if (!absl::StartsWith(line, "cpu") || absl::StartsWith(line, "cpu ")) continue;
    ASSIGN_OR_RETURN(reading.cpus.emplace_back(), ParseLine(line, ticks_per_second));
  }
  if (reading.cpus.empty()) return absl::InternalError("/proc/stat: no line of a CPU");
  return reading;
}

// The first line names the CPUs, each other one begins with a kind: "      NET_RX:   12   34".
std::vector<v1::SoftirqCount> ParseSoftirqs(absl::string_view softirqs) {
  std::vector<v1::SoftirqCount> kinds;
  for (const absl::string_view line : absl::StrSplit(softirqs, '\n')) {
    std::vector<absl::string_view> columns = absl::StrSplit(line, ' ', absl::SkipEmpty());
    if (columns.empty() || !absl::ConsumeSuffix(&columns[0], ":")) continue;
    v1::SoftirqCount kind;
    kind.set_kind(ToUtf8(columns[0]));
    for (size_t cpu = 1; cpu < columns.size(); ++cpu) {
      uint64_t count = 0;
      if (!absl::SimpleAtoi(columns[cpu], &count)) return {};
      kind.set_count(kind.count() + count);
    }
    kinds.push_back(std::move(kind));
  }
  return kinds;
}

absl::StatusOr<HostCpuReading> ReadHostCpu() {
  ASSIGN_OR_RETURN(const std::string stat, ReadText("/proc/stat"));
  ASSIGN_OR_RETURN(HostCpuReading reading, ParseHostCpu(stat, ::sysconf(_SC_CLK_TCK)));
  reading.at_ns = MonotonicNanos();
  if (const auto softirqs = ReadText("/proc/softirqs"); softirqs.ok()) {
    reading.softirqs = ParseSoftirqs(*softirqs);
  }
  return reading;
}

v1::HostCpu Difference(const HostCpuReading& open, const HostCpuReading& close) {
  v1::HostCpu cpu;
  cpu.set_interval_ns(close.at_ns - open.at_ns);
  cpu.set_resolution_ns(static_cast<int64_t>(close.cpus.size()) *
                        (kNanos / ::sysconf(_SC_CLK_TCK)));
  std::map<uint32_t, const v1::CpuTime*> before;
  for (const v1::CpuTime& time : open.cpus) before[time.cpu()] = &time;
  for (const v1::CpuTime& time : close.cpus) {
    const auto found = before.find(time.cpu());
    if (found == before.end()) continue;
    const v1::CpuTime& told = *cpu.add_cpus() = Difference(*found->second, time);
    cpu.set_steal_ns(cpu.steal_ns() + told.steal_ns());
    cpu.set_busy_ns(cpu.busy_ns() + BusyNs(told, cpu.interval_ns()));
  }
  std::map<absl::string_view, uint64_t> softirqs;
  for (const v1::SoftirqCount& kind : open.softirqs) softirqs[kind.kind()] = kind.count();
  for (const v1::SoftirqCount& kind : close.softirqs) {
    const auto found = softirqs.find(kind.kind());
    if (found == softirqs.end() || kind.count() < found->second) continue;
    v1::SoftirqCount& told = *cpu.add_softirqs();
    told.set_kind(kind.kind());
    told.set_count(kind.count() - found->second);
  }
  return cpu;
}

}  // namespace copycost
