#include "agent/measure/perf_counters.h"

#include <perfmon/pfmlib_perf_event.h>  // brings its own <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "agent/checks/sysctl.h"
#include "common/fd.h"
#include "common/mutex.h"
#include "common/status.h"

namespace copycost {
namespace {

constexpr char kParanoid[] = "kernel.perf_event_paranoid";
constexpr char kProfile[] =
    "let the security profile permit perf_event_open (in a container: --cap-add PERFMON, or "
    "--security-opt seccomp=unconfined)";
constexpr char kCheckName[] =
    "; check the name: libpfm4's showevtinfo and perf list know those of this machine";
constexpr char kOtherEvent[] = "this PMU does not count it: name others that it does (--events)";
constexpr char kPmu[] =
    "measure on hardware, or give the virtual machine a PMU (QEMU with KVM: -cpu host,pmu=on)";

// The highest kernel.perf_event_paranoid that permits something without privileges
// (Documentation/admin-guide/sysctl/kernel.rst).
int ParanoidThatPermits(const WantedCounter& wanted) {
  if (wanted.of_cpu) return 0;
  return wanted.with_kernel ? 1 : 2;
}

struct Event {
  perf_event_attr attributes{};
  bool user_only = false;
};

bool UsesPmu(const perf_event_attr& attributes) {
  return attributes.type != PERF_TYPE_SOFTWARE && attributes.type != PERF_TYPE_TRACEPOINT;
}

// Clocks run in user mode and in the kernel whatever is excluded.
bool IsClock(const perf_event_attr& attributes) {
  return attributes.type == PERF_TYPE_SOFTWARE && (attributes.config == PERF_COUNT_SW_TASK_CLOCK ||
                                                   attributes.config == PERF_COUNT_SW_CPU_CLOCK);
}

// libpfm4 is asked by one thread at a time: it does not say that more may.
class EventNames {
 public:
  EventNames() : ready_(::pfm_initialize() == PFM_SUCCESS) {}

  // NotFound for an event it does not know, InvalidArgument for what is wrong with one that it
  // does.
  absl::StatusOr<perf_event_attr> Encode(const std::string& name) ABSL_LOCKS_EXCLUDED(mutex_) {
    const MutexLock lock(mutex_);
    if (!ready_) return absl::InternalError("libpfm4 does not start on this machine");
    perf_event_attr attributes{};
    pfm_perf_encode_arg_t argument{};
    argument.attr = &attributes;
    argument.size = sizeof(argument);
    const pfm_err_t error = ::pfm_get_os_event_encoding(name.c_str(), PFM_PLM0 | PFM_PLM3,
                                                        PFM_OS_PERF_EVENT, &argument);
    if (error == PFM_SUCCESS) return attributes;
    const std::string why = absl::StrCat("libpfm4: ", ::pfm_strerror(error));
    if (error == PFM_ERR_NOTFOUND) return absl::NotFoundError(absl::StrCat(why, kCheckName));
    return absl::InvalidArgumentError(why);
  }

 private:
  Mutex mutex_;
  const bool ready_;
};

EventNames& Names() {
  static EventNames& names = *new EventNames;
  return names;
}

// Where tracefs is mounted, and where it was before Linux 4.1.
constexpr absl::string_view kTracing[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};

bool IsTracepoint(absl::string_view name) {
  const std::vector<absl::string_view> parts = absl::StrSplit(name, ':');
  const auto plain = [](absl::string_view part) {
    return !part.empty() && part.find_first_not_of(
                                "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == absl::string_view::npos;
  };
  return parts.size() == 2 && plain(parts[0]) && plain(parts[1]);
}

// "sched:sched_switch". NotFound where this kernel, as far as it may be seen, does not have it.
absl::StatusOr<perf_event_attr> Tracepoint(absl::string_view name) {
  const std::vector<absl::string_view> parts = absl::StrSplit(name, ':');
  bool mounted = false;
  for (const absl::string_view tracing : kTracing) {
    const std::string events = absl::StrCat(tracing, "/events");
    mounted = mounted || ::access(events.c_str(), X_OK) == 0;
    std::ifstream file(absl::StrCat(events, "/", parts[0], "/", parts[1], "/id"));
    perf_event_attr attributes{};
    if (!(file >> attributes.config)) continue;
    attributes.type = PERF_TYPE_TRACEPOINT;
    return attributes;
  }
  if (mounted) return absl::NotFoundError("this kernel has no such tracepoint");
  return absl::NotFoundError(absl::StrCat(
      "tracepoints cannot be seen; sudo mount -t tracefs -o mode=755 tracefs ", kTracing[0]));
}

absl::StatusOr<perf_event_attr> AttributesOf(const std::string& name) {
  absl::StatusOr<perf_event_attr> attributes = Names().Encode(name);
  if (absl::IsNotFound(attributes.status()) && IsTracepoint(name)) attributes = Tracepoint(name);
  RETURN_IF_ERROR(attributes.status());
  attributes->size = sizeof(*attributes);
  attributes->read_format =
      PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
  return attributes;
}

// Left to what trials cannot do without.
constexpr rlim_t kSparedFiles = 128;

// Invalid, with errno, where it cannot be had.
UniqueFd OpenEvent(perf_event_attr& attributes, const CounterTarget& target, int leader) {
  UniqueFd file(static_cast<int>(::syscall(SYS_perf_event_open, &attributes, target.cpu ? -1 : 0,
                                           target.cpu ? static_cast<int>(*target.cpu) : -1, leader,
                                           PERF_FLAG_FD_CLOEXEC)));
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (!file.valid() || static_cast<rlim_t>(file.get()) + kSparedFiles < limit.rlim_cur) return file;
  file.Reset();
  errno = EMFILE;
  return file;
}

// The ways in which kernels say that there is no PMU, or none that counts this.
bool IsNone(int error) {
  return error == ENOENT || error == EOPNOTSUPP || error == ENODEV || error == ENXIO;
}

// What every PMU has, where there is one.
bool CountsCycles() {
  perf_event_attr cycles{};
  cycles.size = sizeof(cycles);
  cycles.type = PERF_TYPE_HARDWARE;
  cycles.config = PERF_COUNT_HW_CPU_CYCLES;
  cycles.disabled = 1;
  cycles.exclude_kernel = 1;
  return OpenEvent(cycles, CounterTarget::ThisThread(), -1).valid();
}

absl::Status WhyNotOpened(int error, const perf_event_attr& attributes,
                          const CounterTarget& target) {
  const bool pmu = UsesPmu(attributes);
  return WhyNotCounted(error,
                       {.pmu = pmu,
                        .of_cpu = target.cpu.has_value(),
                        .with_kernel = !attributes.exclude_kernel,
                        .counts_cycles = pmu && IsNone(error) && CountsCycles()},
                       PerfEventParanoid());
}

absl::StatusOr<UniqueFd> OpenWithKernelOrWithout(Event& event, const CounterTarget& target,
                                                 int leader) {
  UniqueFd file = OpenEvent(event.attributes, target, leader);
  const bool forbidden = !file.valid() && (errno == EACCES || errno == EPERM);
  if (file.valid()) return file;
  const absl::Status why = WhyNotOpened(errno, event.attributes, target);
  const bool counts_user = UsesPmu(event.attributes) || IsClock(event.attributes);
  if (!forbidden || target.cpu || event.attributes.exclude_kernel ||
      event.attributes.exclude_user || !counts_user) {
    return why;
  }
  event.attributes.exclude_kernel = 1;
  event.user_only = !IsClock(event.attributes);
  file = OpenEvent(event.attributes, target, leader);
  if (file.valid()) return file;
  return WhyNotOpened(errno, event.attributes, target);
}

class PerfGroup final : public CounterGroup {
 public:
  void Add(UniqueFd file) { files_.push_back(std::move(file)); }
  int leader() const { return files_.empty() ? -1 : files_.front().get(); }

  absl::Status Enable() override { return Control(PERF_EVENT_IOC_ENABLE, "enable"); }
  absl::Status Disable() override { return Control(PERF_EVENT_IOC_DISABLE, "disable"); }

  // The layout is that of read_format in perf_event_open(2).
  absl::StatusOr<CounterReading> Read() const override {
    std::vector<uint64_t> words(3 + files_.size());
    const ssize_t due = static_cast<ssize_t>(words.size() * sizeof(words[0]));
    const ssize_t size = ::read(leader(), words.data(), static_cast<size_t>(due));
    if (size < 0) return ErrnoStatus("read from counters");
    if (size != due || words[0] != files_.size()) {
      return absl::DataLossError("the kernel tells of other counters than were opened");
    }
    return CounterReading{.enabled_ns = static_cast<int64_t>(words[1]),
                          .running_ns = static_cast<int64_t>(words[2]),
                          .values = {words.begin() + 3, words.end()}};
  }

  std::vector<int> Descriptors() const override { return {leader()}; }

 private:
  absl::Status Control(unsigned long request, absl::string_view what) {
    if (::ioctl(leader(), request, PERF_IOC_FLAG_GROUP) == 0) return absl::OkStatus();
    return ErrnoStatus(absl::StrCat(what, " counters"));
  }

  std::vector<UniqueFd> files_;  // the first leads
};

}  // namespace

std::optional<int> PerfEventParanoid() {
  std::ifstream file("/proc/sys/kernel/perf_event_paranoid");
  int value = 0;
  if (file >> value) return value;
  return std::nullopt;
}

absl::Status WhyNotCounted(int error, const WantedCounter& wanted, std::optional<int> paranoid) {
  absl::Status why = ErrnoStatus(error, "perf_event_open");
  const auto with_remedy = [&why](absl::StatusCode code, absl::string_view remedy) {
    return absl::Status(code, absl::StrCat(why.message(), "; ", remedy));
  };
  if (absl::IsPermissionDenied(why)) {
    const int permits = ParanoidThatPermits(wanted);
    const bool too_paranoid = paranoid && *paranoid > permits;
    return with_remedy(why.code(),
                       too_paranoid ? SetSysctl(kParanoid, absl::StrCat(permits)) : kProfile);
  }
  if (IsNone(error) && wanted.pmu) {
    return with_remedy(absl::StatusCode::kNotFound, wanted.counts_cycles ? kOtherEvent : kPmu);
  }
  if (error == ENOSYS) return with_remedy(why.code(), "run a kernel with CONFIG_PERF_EVENTS");
  return why;
}

OpenedCounters PerfCounters::Open(absl::Span<const std::string> events,
                                  const CounterTarget& target) {
  OpenedCounters opened;
  auto group = std::make_unique<PerfGroup>();
  for (const std::string& name : events) {
    OpenedCounters::Event& told = opened.events.emplace_back();
    absl::StatusOr<perf_event_attr> attributes = AttributesOf(name);
    if (!attributes.ok()) {
      told.opened = attributes.status();
      continue;
    }
    Event event{.attributes = *attributes};
    event.attributes.disabled = group->leader() < 0;  // the others follow the leader
    absl::StatusOr<UniqueFd> file = OpenWithKernelOrWithout(event, target, group->leader());
    told.opened = file.status();
    told.user_only = event.user_only;
    if (!file.ok()) continue;
    group->Add(*std::move(file));
    opened.uses_pmu = opened.uses_pmu || UsesPmu(event.attributes);
  }
  if (group->leader() >= 0) opened.group = std::move(group);
  return opened;
}

}  // namespace copycost
