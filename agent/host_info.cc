#include "agent/host_info.h"

#include <linux/capability.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "agent/host_places.h"
#include "agent/mode_trial.h"
#include "agent/page_memory.h"
#include "agent/text_file.h"
#include "common/build_info.h"
#include "common/capabilities.h"
#include "common/clock.h"
#include "common/protocol.h"
#include "common/utf8.h"
#include "common/words.h"

namespace copycost {
namespace {

v1::ModeState StateOf(const absl::Status& probed) {
  v1::ModeState state;
  state.set_available(probed.ok());
  if (!probed.ok()) state.set_reason(std::string(probed.message()));
  return state;
}

// Locked memory is the user's, not this process's: another agent that tries its modes may have it
// for a moment, or a ring of our own that the kernel has not taken down yet.
constexpr absl::Duration kMemoryWait = absl::Milliseconds(200);
constexpr absl::Duration kMemoryLook = absl::Milliseconds(5);

// What `probe` says once it no longer lacks memory, or at `deadline` (monotonic).
absl::Status TryUntil(absl::Time deadline, absl::FunctionRef<absl::Status()> probe) {
  while (true) {
    absl::Status probed = probe();
    if (!absl::IsResourceExhausted(probed)) return probed;
    if (MonotonicTime() >= deadline) return probed;
    absl::SleepFor(kMemoryLook);
  }
}

absl::Time MemoryDeadline() { return MonotonicTime() + kMemoryWait; }

// Of the modes that work over TCP those that were not tried over `transport` yet. The lists of
// modes are in the order of their tables.
template <typename Row, typename States, typename TransportStates>
void TryModesOver(const Transport& transport, absl::Span<const Row> modes, const States& over_tcp,
                  absl::Time deadline, TransportStates& tried) {
  for (size_t i = 0; i < modes.size(); ++i) {
    if (!over_tcp.Get(static_cast<int>(i)).state().available()) continue;
    const bool known = std::any_of(tried.begin(), tried.end(), [&](const auto& entry) {
      return entry.mode() == modes[i].mode;
    });
    if (known) continue;
    const absl::Status probed = TryUntil(deadline, [&] { return TryOver(transport, modes[i]); });
    if (absl::IsResourceExhausted(probed)) continue;  // that says nothing of the transport
    auto& entry = *tried.Add();
    entry.set_mode(modes[i].mode);
    *entry.mutable_state() = StateOf(probed);
  }
}

}  // namespace

std::vector<uint32_t> AllowedCpus() {
  // The kernel tells of none where it has more than there is room for.
  cpu_set_t allowed[16] = {};
  ::sched_getaffinity(0, sizeof(allowed), allowed);
  std::vector<uint32_t> cpus;
  for (uint32_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, allowed)) cpus.push_back(cpu);
  }
  return cpus;
}

std::vector<uint32_t> OnlineCpus() {
  return ParseCpuList(absl::StripAsciiWhitespace(TextOf("/sys/devices/system/cpu/online")));
}

std::vector<uint32_t> ParseCpuList(absl::string_view list) {
  std::vector<uint32_t> cpus;
  for (const absl::string_view range : absl::StrSplit(list, ',', absl::SkipEmpty())) {
    const std::vector<absl::string_view> ends = absl::StrSplit(range, '-');
    uint32_t first = 0, last = 0;
    if (!absl::SimpleAtoi(ends.front(), &first) || !absl::SimpleAtoi(ends.back(), &last)) return {};
    if (ends.size() > 2 || last < first || last >= CPU_SETSIZE) return {};
    for (uint32_t cpu = first; cpu <= last; ++cpu) cpus.push_back(cpu);
  }
  return cpus;
}

std::optional<uint64_t> LockedMemoryLimit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_MEMLOCK, &limit);
  if (limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
  if (HasCapability(CAP_IPC_LOCK) && InInitialUserNamespace()) return std::nullopt;
  return limit.rlim_cur;
}

absl::StatusOr<uint64_t> AvailableMemory() {
  uint64_t kib = 0;
  const std::string value = ValueOf(TextOf("/proc/meminfo"), "MemAvailable");
  if (!absl::SimpleAtoi(absl::StripSuffix(value, " kB"), &kib)) {
    return absl::InternalError("/proc/meminfo tells no MemAvailable");
  }
  return kib << 10;
}

HostInfo::HostInfo(absl::Span<const SendModeRow> send_modes,
                   absl::Span<const ReceiveModeRow> receive_modes,
                   absl::Span<const Transport* const> transports)
    : send_modes_(send_modes), receive_modes_(receive_modes), transports_(transports) {
  MutexLock lock(mutex_);
  description_.set_protocol_min(kProtocol);
  description_.set_protocol_max(kProtocol);
  description_.set_version(std::string(Version()));
  description_.set_build_id(BuildId());
  description_.set_boot_id(
      std::string(absl::StripAsciiWhitespace(TextOf("/proc/sys/kernel/random/boot_id"))));
  description_.set_cpu_model(ToUtf8(ValueOf(TextOf("/proc/cpuinfo"), "model name")));
  for (const SendModeRow& row : send_modes_) description_.add_send_modes()->set_mode(row.mode);
  for (const ReceiveModeRow& row : receive_modes_) {
    description_.add_receive_modes()->set_mode(row.mode);
  }
  for (const Transport* transport : transports_) {
    if (transport->kind() == v1::TRANSPORT_TCP) continue;  // modes are tried over it as they are
    description_.add_transports()->set_transport(transport->kind());
  }
  for (const v1::HugePages pages : AllValues<v1::HugePages>()) {
    if (pages != v1::HUGE_PAGES_NONE) description_.add_huge_pages()->set_huge_pages(pages);
  }
  HostPlaces places = FindHostPlaces(AllowedCpus());
  for (v1::CpuPlace& place : places.cpus) *description_.add_cpu_places() = std::move(place);
  devices_ = std::move(places.devices);
  if (places.last_level_cache_bytes > 0) {
    description_.set_last_level_cache_bytes(places.last_level_cache_bytes);
  }
  TryUnavailableModes();
  TryTransports();
  TryHugePages();
}

// Each time anew: they are the host's, and come and go.
void HostInfo::TryHugePages() {
  for (v1::HugePagesState& told : *description_.mutable_huge_pages()) {
    *told.mutable_state() = StateOf(TryHugePage(told.huge_pages()));
  }
}

void HostInfo::TryTransports() {
  const absl::Time deadline = MemoryDeadline();
  for (v1::TransportState& told : *description_.mutable_transports()) {
    const absl::StatusOr<const Transport*> transport = FindTransport(told.transport());
    if (!transport.ok()) continue;  // it came from the table
    if (!told.state().available()) {
      *told.mutable_state() = StateOf(OpenPair(**transport).status());
    }
    if (!told.state().available()) continue;
    TryModesOver(**transport, send_modes_, description_.send_modes(), deadline,
                 *told.mutable_send_modes());
    TryModesOver(**transport, receive_modes_, description_.receive_modes(), deadline,
                 *told.mutable_receive_modes());
  }
}

void HostInfo::TryUnavailableModes() {
  const absl::Time deadline = MemoryDeadline();
  for (size_t i = 0; i < send_modes_.size(); ++i) {
    v1::ModeState& state = *description_.mutable_send_modes(static_cast<int>(i))->mutable_state();
    if (!state.available()) state = StateOf(TryUntil(deadline, send_modes_[i].probe));
  }
  for (size_t i = 0; i < receive_modes_.size(); ++i) {
    v1::ModeState& state =
        *description_.mutable_receive_modes(static_cast<int>(i))->mutable_state();
    if (!state.available()) state = StateOf(TryUntil(deadline, receive_modes_[i].probe));
  }
}

v1::Description HostInfo::Describe() {
  MutexLock lock(mutex_);
  TryUnavailableModes();
  TryTransports();
  TryHugePages();
  v1::Description description = description_;
  utsname names{};
  ::uname(&names);  // fails for a bad address only
  description.set_host_name(ToUtf8(names.nodename));
  description.set_kernel(ToUtf8(names.release));
  description.set_machine(ToUtf8(names.machine));
  if (const auto limit = LockedMemoryLimit()) description.set_locked_memory_bytes(*limit);
  for (const uint32_t cpu : AllowedCpus()) description.add_cpus(cpu);
  for (v1::InterfacePlace& place : PlacesOfInterfaces(devices_)) {
    *description.add_interface_places() = std::move(place);
  }
  return description;
}

}  // namespace copycost
