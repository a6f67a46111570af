#include "absl/strings/str_cat.h"
#include "agent/checks/checks.h"
#include "common/check.h"

namespace copycost {
namespace {

// "0-3,8".
std::string Ranges(const std::vector<uint32_t>& cpus) {
  std::string text;
  for (size_t first = 0; first < cpus.size();) {
    size_t last = first;
    while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1) ++last;
    absl::StrAppend(&text, text.empty() ? "" : ",", cpus[first]);
    if (last > first) absl::StrAppend(&text, "-", cpus[last]);
    first = last + 1;
  }
  return text;
}

v1::Check BindingCheck(const Kernel& kernel) {
  constexpr char kName[] = "CPUs";
  constexpr char kGrant[] =
      "let it have more: taskset, the cpuset of its cgroup, or CPUs of the virtual machine";
  const std::vector<uint32_t> cpus = kernel.Cpus();
  if (cpus.empty()) return MissingCheck(kName, "none that this process may use", kGrant);
  for (const uint32_t cpu : cpus) {
    const absl::Status bound = kernel.BindTo(cpu);
    if (!bound.ok()) {
      return FailedCheck(kName, v1::CHECK_STATE_MISSING, bound,
                         "let its security profile permit sched_setaffinity");
    }
  }
  if (cpus.size() > 1) {
    return OkCheck(kName, absl::StrCat("threads can be bound to CPUs ", Ranges(cpus)));
  }
  return LimitedCheck(kName,
                      absl::StrCat("only CPU ", cpus[0],
                                   ": data threads share it, and on one host so do both sides"),
                      kGrant);
}

v1::Check PriorityCheck(const Kernel& kernel) {
  constexpr char kName[] = "priority";
  const absl::Status real_time = kernel.TakeRealTimePriority();
  if (real_time.ok()) return OkCheck(kName, "real-time: windows of busy threads are read on time");
  const absl::Status slice = kernel.TakeShortSlice();
  return LimitedCheck(
      kName,
      absl::StrCat(
          "not real-time (", real_time.message(), "), so on a busy host windows may be ",
          "read late and trials be invalid; ",
          slice.ok() ? "a short slice is granted instead" : "no short slice is granted instead"),
      "sudo prlimit --pid $$ --rtprio=1, then run copycost or its agent from that shell; or give "
      "an agent that runs by itself CAP_SYS_NICE");
}

}  // namespace

std::vector<v1::Check> CpuChecks(const Kernel& kernel) {
  return {BindingCheck(kernel), PriorityCheck(kernel)};
}

}  // namespace copycost
