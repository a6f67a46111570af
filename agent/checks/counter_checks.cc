#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "agent/checks/checks.h"
#include "agent/checks/sysctl.h"
#include "common/check.h"
#include "common/status.h"

namespace copycost {
namespace {

constexpr char kParanoid[] = "kernel.perf_event_paranoid";
constexpr char kProfile[] =
    "let the security profile permit perf_event_open (in a container: --cap-add PERFMON, or "
    "--security-opt seccomp=unconfined)";
constexpr char kPmu[] =
    "measure on hardware, or give the virtual machine a PMU (QEMU with KVM: -cpu host,pmu=on)";

struct Counter {
  absl::string_view name;
  PerfEvent event;
  absl::string_view counted;
  int64_t paranoid;  // the highest that permits it without privileges (Linux: 2, 1, 0)
};

constexpr Counter kCounters[] = {
    {"counters of threads", {}, "what a data thread does in user mode", 2},
    {"counters with the kernel", {.with_kernel = true}, "what a data thread does in the kernel", 1},
    {"counters of CPUs",
     {.what = PerfEvent::What::kCpuClock, .scope = PerfEvent::Scope::kCpu, .with_kernel = true},
     "all that a CPU does",
     0},
    {"hardware counters",
     {.what = PerfEvent::What::kCycles},
     "cycles of a data thread in user mode",
     2},
};

// Lowering the setting helps where it is what forbids the event; else something else does.
std::string RemedyFor(const Kernel& kernel, const Counter& counter, const absl::Status& failed) {
  if (absl::IsPermissionDenied(failed)) {
    const absl::StatusOr<int64_t> paranoid = SysctlNumber(kernel, kParanoid);
    return paranoid.ok() && *paranoid > counter.paranoid
               ? SetSysctl(kParanoid, absl::StrCat(counter.paranoid))
               : kProfile;
  }
  if (counter.event.what == PerfEvent::What::kCycles) return kPmu;
  return "run a kernel with CONFIG_PERF_EVENTS";
}

v1::Check CounterCheck(const Kernel& kernel, Counter counter) {
  const std::vector<uint32_t> cpus = kernel.Cpus();
  if (!cpus.empty()) counter.event.cpu = cpus[0];
  const absl::StatusOr<uint64_t> value = kernel.Count(counter.event);
  if (!value.ok()) {
    return FailedCheck(counter.name, v1::CHECK_STATE_MISSING,
                       Annotate(value.status(), counter.counted),
                       RemedyFor(kernel, counter, value.status()));
  }
  if (*value > 0) return OkCheck(counter.name, absl::StrCat(counter.counted, " can be counted"));
  return MissingCheck(counter.name, absl::StrCat(counter.counted, ": the counter counts nothing"),
                      counter.event.what == PerfEvent::What::kCycles ? kPmu : "");
}

// Whoever may not see addresses is shown zeros.
v1::Check SymbolsCheck(const Kernel& kernel) {
  constexpr char kName[] = "kernel symbols";
  const absl::StatusOr<std::string> symbols = kernel.Read("/proc/kallsyms");
  if (!symbols.ok()) {
    return FailedCheck(kName, v1::CHECK_STATE_MISSING, symbols.status(),
                       "run a kernel with CONFIG_KALLSYMS");
  }
  const bool shown = symbols->find_first_not_of('0') < symbols->find(' ');
  if (shown) return OkCheck(kName, "/proc/kallsyms shows where functions of the kernel are");
  return MissingCheck(kName, "/proc/kallsyms hides where functions of the kernel are",
                      absl::StrCat(SetSysctl("kernel.kptr_restrict", "0"), " ", kParanoid, "=1"));
}

}  // namespace

std::vector<v1::Check> CounterChecks(const Kernel& kernel) {
  std::vector<v1::Check> checks;
  for (const Counter& counter : kCounters) checks.push_back(CounterCheck(kernel, counter));
  checks.push_back(SymbolsCheck(kernel));
  return checks;
}

}  // namespace copycost
