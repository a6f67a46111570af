#include "agent/host_info.h"

#include <linux/capability.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "agent/receive_modes/receive_modes.h"
#include "agent/send_modes/send_modes.h"
#include "common/build_info.h"
#include "common/capabilities.h"

namespace copycost {
namespace {

constexpr uint32_t kProtocol = 1;

std::string ReadFile(const char* path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// The value of the first "key : value" line; empty without one.
std::string ValueOf(const std::string& text, absl::string_view key) {
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (!absl::StartsWith(line, key)) continue;
    const size_t colon = line.find(':');
    if (colon != line.npos) return std::string(absl::StripAsciiWhitespace(line.substr(colon + 1)));
  }
  return "";
}

v1::ModeState StateOf(const absl::Status& probed) {
  v1::ModeState state;
  state.set_available(probed.ok());
  if (!probed.ok()) state.set_reason(std::string(probed.message()));
  return state;
}

void DescribeModes(v1::Description& description) {
  for (const SendModeRow& row : SendModes()) {
    v1::SendModeState& entry = *description.add_send_modes();
    entry.set_mode(row.mode);
    *entry.mutable_state() = StateOf(row.probe());
  }
  for (const ReceiveModeRow& row : ReceiveModes()) {
    v1::ReceiveModeState& entry = *description.add_receive_modes();
    entry.set_mode(row.mode);
    *entry.mutable_state() = StateOf(row.probe());
  }
}

void DescribeCpus(v1::Description& description) {
  description.set_cpu_model(ValueOf(ReadFile("/proc/cpuinfo"), "model name"));
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  ::sched_getaffinity(0, sizeof(cpus), &cpus);
  for (uint32_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &cpus)) description.add_cpus(cpu);
  }
}

}  // namespace

std::optional<uint64_t> LockedMemoryLimit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_MEMLOCK, &limit);
  if (limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
  if (HasCapability(CAP_IPC_LOCK) && InInitialUserNamespace()) return std::nullopt;
  return limit.rlim_cur;
}

absl::StatusOr<uint64_t> AvailableMemory() {
  uint64_t kib = 0;
  const std::string value = ValueOf(ReadFile("/proc/meminfo"), "MemAvailable");
  if (!absl::SimpleAtoi(absl::StripSuffix(value, " kB"), &kib)) {
    return absl::InternalError("/proc/meminfo tells no MemAvailable");
  }
  return kib << 10;
}

v1::Description DescribeHost() {
  v1::Description description;
  description.set_protocol_min(kProtocol);
  description.set_protocol_max(kProtocol);
  description.set_version(std::string(Version()));
  description.set_build_id(BuildId());
  description.set_boot_id(
      std::string(absl::StripAsciiWhitespace(ReadFile("/proc/sys/kernel/random/boot_id"))));
  utsname names{};
  ::uname(&names);
  description.set_host_name(names.nodename);
  description.set_kernel(names.release);
  description.set_machine(names.machine);
  if (const auto limit = LockedMemoryLimit()) description.set_locked_memory_bytes(*limit);
  DescribeCpus(description);
  DescribeModes(description);
  return description;
}

}  // namespace copycost
