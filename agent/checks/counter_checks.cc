#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/checks/checks.h"
#include "agent/checks/sysctl.h"
#include "agent/checks/thread_events.h"
#include "common/check.h"
#include "common/events.h"
#include "common/status.h"

namespace copycost {
namespace {

struct Scope {
  absl::string_view name;
  const char* event;
  bool of_cpu;
  bool with_kernel;
  absl::string_view counted;
};

constexpr Scope kScopes[] = {
    {"counters of threads", "task-clock:u", false, false, "what a data thread does in user mode"},
    {"counters with the kernel", "page-faults", false, true,
     "what a data thread does in the kernel"},
    {"counters of CPUs", "cpu-clock", true, true, "all that a CPU does"},
};

v1::Check ScopeCheck(const Kernel& kernel, const Scope& scope) {
  const std::vector<uint32_t> cpus = kernel.Cpus();
  const CounterTarget target =
      scope.of_cpu ? CounterTarget::Cpu(cpus.empty() ? 0 : cpus[0]) : CounterTarget::ThisThread();
  const absl::StatusOr<Kernel::Counted> counted = kernel.Count(scope.event, target);
  if (counted.ok()) return OkCheck(scope.name, absl::StrCat(scope.counted, " can be counted"));
  return FailedCheck(scope.name, v1::CHECK_STATE_MISSING, Annotate(counted.status(), scope.counted),
                     "");
}

// Of threads.
v1::Check EventsCheck(const Kernel& kernel) {
  constexpr char kName[] = "events";
  std::vector<std::string> counted, user_only, absent;
  absl::Status why;
  for (const absl::string_view name : kDefaultEvents) {
    const std::string event(name);
    const absl::StatusOr<EventOfThreads> tried = TryEventOfThreads(kernel, event);
    if (!tried.ok()) {
      absent.push_back(event);
      why.Update(tried.status());  // keeps the first
    } else {
      (tried->user_only ? user_only : counted).push_back(event);
    }
  }
  const auto list = [](const std::vector<std::string>& events) {
    return absl::StrJoin(events, ", ");
  };
  std::string found = absl::StrCat("counted: ", list(counted));
  if (!user_only.empty()) absl::StrAppend(&found, "; in user mode only: ", list(user_only));
  if (absent.empty() && user_only.empty()) return OkCheck(kName, found);
  if (absent.empty()) {
    return LimitedCheck(kName, found, SetSysctl("kernel.perf_event_paranoid", "1"));
  }
  v1::Check check = FailedCheck(kName, v1::CHECK_STATE_MISSING, why, "");
  check.set_found(absl::StrCat(found, "; not: ", list(absent), " (", check.found(), ")"));
  return check;
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
  return MissingCheck(
      kName, "/proc/kallsyms hides where functions of the kernel are",
      absl::StrCat(SetSysctl("kernel.kptr_restrict", "0"), " kernel.perf_event_paranoid=0"));
}

}  // namespace

std::vector<v1::Check> CounterChecks(const Kernel& kernel) {
  std::vector<v1::Check> checks;
  for (const Scope& scope : kScopes) checks.push_back(ScopeCheck(kernel, scope));
  checks.push_back(EventsCheck(kernel));
  checks.push_back(SymbolsCheck(kernel));
  return checks;
}

}  // namespace copycost
