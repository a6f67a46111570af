#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "agent/checks/checks.h"
#include "agent/checks/sysctl.h"
#include "common/check.h"

namespace copycost {
namespace {

// What experiments mostly name; cubic is their default.
constexpr absl::string_view kUsual[] = {"cubic", "reno", "bbr"};

std::vector<std::string> Words(const absl::StatusOr<std::string>& text) {
  if (!text.ok()) return {};
  return absl::StrSplit(*text, absl::ByAnyChar(" \t\n"), absl::SkipEmpty());
}

bool Has(const std::vector<std::string>& words, absl::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Of the initial network namespace only, and of the whole host.
std::string PermitCongestion(const Kernel& kernel, absl::string_view name) {
  constexpr char kSetting[] = "net.ipv4.tcp_allowed_congestion_control";
  const absl::StatusOr<std::string> allowed = Sysctl(kernel, kSetting);
  return SetSysctl(kSetting, allowed.ok() ? absl::StrCat(*allowed, " ", name) : std::string(name));
}

v1::Check CongestionCheck(const Kernel& kernel, const std::vector<std::string>& available,
                          absl::string_view control) {
  const std::string name = absl::StrCat("congestion control ", control);
  if (!Has(available, control)) {
    return MissingCheck(name, "the kernel does not list it as available",
                        absl::StrCat("sudo modprobe tcp_", control));
  }
  const absl::Status set = kernel.SetCongestion(control);
  if (set.ok()) return OkCheck(name, "can be set on a socket");
  return FailedCheck(name, v1::CHECK_STATE_MISSING, set, PermitCongestion(kernel, control));
}

v1::Check MetricsCheck(const Kernel& kernel) {
  constexpr char kName[] = "TCP metrics";
  constexpr char kSetting[] = "net.ipv4.tcp_no_metrics_save";
  const absl::StatusOr<int64_t> forgotten = SysctlNumber(kernel, kSetting);
  if (forgotten.ok() && *forgotten != 0) {
    return OkCheck(kName, "not kept, so no trial begins with what one before it has learned");
  }
  if (!forgotten.ok()) {
    return FailedCheck(kName, v1::CHECK_STATE_LIMITED, forgotten.status(), "");
  }
  return LimitedCheck(kName,
                      absl::StrCat(kSetting,
                                   " = 0: a connection begins with the window and "
                                   "threshold of one before it, so trials depend on "
                                   "each other"),
                      SetSysctl(kSetting, "1"));
}

v1::Check Ipv6Check(const Kernel& kernel) {
  constexpr char kName[] = "IPv6";
  const absl::Status bound = kernel.BindIpv6Loopback();
  if (bound.ok()) return OkCheck(kName, "sockets have it");
  const absl::StatusOr<int64_t> disabled = SysctlNumber(kernel, "net.ipv6.conf.all.disable_ipv6");
  return FailedCheck(kName, v1::CHECK_STATE_MISSING, bound,
                     disabled.ok() ? SetSysctl("net.ipv6.conf.all.disable_ipv6", "0")
                                   : "boot its kernel without ipv6.disable=1");
}

}  // namespace

std::vector<v1::Check> CongestionChecks(const Kernel& kernel) {
  const std::vector<std::string> available =
      Words(Sysctl(kernel, "net.ipv4.tcp_available_congestion_control"));
  std::vector<std::string> controls(std::begin(kUsual), std::end(kUsual));
  for (const std::string& control : available) {
    if (!Has(controls, control)) controls.push_back(control);
  }
  std::vector<v1::Check> checks;
  checks.reserve(controls.size());
  for (const std::string& control : controls) {
    checks.push_back(CongestionCheck(kernel, available, control));
  }
  return checks;
}

std::vector<v1::Check> NetworkChecks(const Kernel& kernel) {
  return {MetricsCheck(kernel), Ipv6Check(kernel)};
}

}  // namespace copycost
