#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "agent/checks/checks.h"
#include "agent/checks/sysctl.h"
#include "common/check.h"
#include "common/page_size.h"
#include "common/units.h"

namespace copycost {
namespace {

// What the figures are told for: a message and the threads that presets have, and the deepest ring
// of buffers that a trial takes by itself.
constexpr uint64_t kMessageBytes = 64 << 10;
constexpr uint64_t kSmallMessageBytes = 4 << 10;
constexpr uint64_t kThreads = 8;
constexpr uint64_t kDeepestRing = 64;
constexpr uint64_t kShallowestRing = 2;

// The default since the kernel's own authors found less to be too little for MSG_ZEROCOPY.
constexpr int64_t kOptionMemory = 128 << 10;
// For the message buffers of 8 threads with deep rings of 1 MiB messages. A trial may take half of
// what is available.
constexpr uint64_t kBufferMemory = uint64_t{1} << 30;
// A descriptor for each flow that an agent permits in a trial, and some for control.
constexpr uint64_t kOpenFiles = 1024 + 64;

constexpr char kFromThatShell[] = ", then run copycost or its agent from that shell";

std::string RaiseLimit(absl::string_view option, absl::string_view value) {
  return absl::StrCat("sudo prlimit --pid $$ --", option, "=", value, kFromThatShell);
}

// What one MSG_ZEROCOPY send of `bytes` counts for: its pages and two (mm_account_pinned_pages).
uint64_t LockedBytes(uint64_t bytes) { return ((bytes - 1) / PageBytes() + 3) * PageBytes(); }

// The buffers that `threads` flows of 64 KiB messages may each have with the kernel at a time.
uint64_t RingOf(uint64_t locked_memory, uint64_t threads) {
  return std::min(kDeepestRing, locked_memory / LockedBytes(kMessageBytes) / threads);
}

// What the limit leaves of the rings that trials want.
std::string RingText(uint64_t locked_memory) {
  const uint64_t alone = RingOf(locked_memory, 1);
  if (alone < kShallowestRing) return "too little for messages of 64K";
  const uint64_t shared = RingOf(locked_memory, kThreads);
  return absl::StrCat("messages of 64K have a ring of ", alone, " with 1 thread and ",
                      shared < kShallowestRing ? "none" : absl::StrCat("of ", shared), " with ",
                      kThreads, " threads, where ", kDeepestRing, " are wanted");
}

v1::Check LockedMemoryCheck(const Kernel& kernel) {
  constexpr char kName[] = "locked memory";
  const std::optional<uint64_t> limit = kernel.LockedMemory();
  if (!limit.has_value()) return OkCheck(kName, "unlimited, so zero-copy has the rings it wants");
  const std::string found = absl::StrCat(
      FormatBytes(*limit),
      " for all zero-copy sends of this user at a time (RLIMIT_MEMLOCK): ", RingText(*limit));
  const std::string remedy = absl::StrCat(
      RaiseLimit("memlock", "unlimited"),
      "; for good: memlock in /etc/security/limits.conf, or LimitMEMLOCK=infinity in a systemd "
      "unit");
  if (*limit < kShallowestRing * LockedBytes(kSmallMessageBytes)) {
    return MissingCheck(kName, found, remedy);
  }
  if (RingOf(*limit, kThreads) < kDeepestRing) return LimitedCheck(kName, found, remedy);
  return OkCheck(kName, found);
}

v1::Check OptionMemoryCheck(const Kernel& kernel) {
  constexpr char kName[] = "option memory";
  constexpr char kSetting[] = "net.core.optmem_max";
  const absl::StatusOr<int64_t> bytes = SysctlNumber(kernel, kSetting);
  if (!bytes.ok()) {
    return LimitedCheck(kName, absl::StrCat("this network namespace does not tell ", kSetting),
                        absl::StrCat("see that it is ", kOptionMemory, " on the host"));
  }
  const std::string found =
      absl::StrCat(kSetting, " = ", *bytes, ", for notifications of zero-copy sends");
  if (*bytes >= kOptionMemory) return OkCheck(kName, found);
  return LimitedCheck(kName, absl::StrCat(found, ": sends wait for completions when it is used up"),
                      SetSysctl(kSetting, absl::StrCat(kOptionMemory)));
}

v1::Check AvailableMemoryCheck(const Kernel& kernel) {
  constexpr char kName[] = "available memory";
  const absl::StatusOr<uint64_t> bytes = kernel.AvailableMemory();
  if (!bytes.ok()) {
    return MissingCheck(kName, bytes.status().message(), "mount /proc, and see it whole");
  }
  const std::string found = absl::StrFormat("%.1f GiB, half of it for message buffers of a trial",
                                            static_cast<double>(*bytes) / (1 << 30));
  if (*bytes / 2 >= kBufferMemory) return OkCheck(kName, found);
  return LimitedCheck(kName, found, "free memory, or measure fewer threads and smaller messages");
}

v1::Check OpenFilesCheck(const Kernel& kernel) {
  constexpr char kName[] = "open files";
  const absl::StatusOr<uint64_t> limit = kernel.OpenFiles();
  if (!limit.ok()) return FailedCheck(kName, v1::CHECK_STATE_LIMITED, limit.status(), "");
  const std::string found = absl::StrCat(*limit, " (RLIMIT_NOFILE); every flow is one");
  if (*limit >= kOpenFiles) return OkCheck(kName, found);
  return LimitedCheck(kName, found, RaiseLimit("nofile", absl::StrCat(4 * kOpenFiles)));
}

}  // namespace

std::vector<v1::Check> MemoryChecks(const Kernel& kernel) {
  return {LockedMemoryCheck(kernel), OptionMemoryCheck(kernel), AvailableMemoryCheck(kernel),
          OpenFilesCheck(kernel)};
}

}  // namespace copycost
