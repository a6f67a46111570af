#include "agent/checks/sysctl.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/status.h"

namespace copycost {

absl::StatusOr<std::string> Sysctl(const Kernel& kernel, absl::string_view name) {
  return kernel.Read(absl::StrCat("/proc/sys/", absl::StrReplaceAll(name, {{".", "/"}})));
}

absl::StatusOr<int64_t> SysctlNumber(const Kernel& kernel, absl::string_view name) {
  ASSIGN_OR_RETURN(const std::string text, Sysctl(kernel, name));
  int64_t number = 0;
  if (absl::SimpleAtoi(text, &number)) return number;
  return absl::InternalError(absl::StrCat(name, " is no number: '", text, "'"));
}

std::string SetSysctl(absl::string_view name, absl::string_view value) {
  // Lists need quotes from a shell.
  const absl::string_view quote = absl::StrContains(value, ' ') ? "'" : "";
  return absl::StrCat("sudo sysctl -w ", quote, name, "=", value, quote);
}

}  // namespace copycost
