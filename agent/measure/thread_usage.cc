#include "agent/measure/thread_usage.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/status.h"

namespace copycost {
namespace {

// Fields of stat, counted from the one after the command's name (proc(5) counts it as the third).
enum StatField { kMinorFaults = 7, kMajorFaults = 9 };

absl::StatusOr<UniqueFd> Open(const char* path) {
  UniqueFd file(::open(path, O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return ErrnoStatus(absl::StrCat("open ", path));
  return file;
}

// The file is made anew for each reading from its start. A few KiB: status lists CPUs.
absl::StatusOr<std::string> ReadWhole(int file, absl::string_view what) {
  std::string text(16 << 10, '\0');
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t got =
        ::pread(file, text.data() + size, text.size() - size, static_cast<off_t>(size));
    if (got < 0) return ErrnoStatus(absl::StrCat("read ", what));
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  text.resize(size);
  return text;
}

// "name:\t12" of a status file.
bool FindNumber(absl::string_view status, absl::string_view name, uint64_t& number) {
  for (absl::string_view line : absl::StrSplit(status, '\n')) {
    if (absl::ConsumePrefix(&line, name)) return absl::SimpleAtoi(line, &number);
  }
  return false;
}

}  // namespace

absl::StatusOr<UsageReader> UsageReader::OfThisThread() {
  UsageReader reader;
  const int error = ::pthread_getcpuclockid(::pthread_self(), &reader.clock_);
  if (error != 0) return ErrnoStatus(error, "a thread's CPU clock");
  ASSIGN_OR_RETURN(reader.stat_, Open("/proc/thread-self/stat"));
  ASSIGN_OR_RETURN(reader.status_, Open("/proc/thread-self/status"));
  absl::StatusOr<UniqueFd> schedstat = Open("/proc/thread-self/schedstat");
  if (schedstat.ok()) reader.schedstat_ = *std::move(schedstat);
  absl::StatusOr<UniqueFd> sched = Open("/proc/thread-self/sched");
  if (sched.ok()) reader.sched_ = *std::move(sched);
  return reader;
}

std::vector<int> UsageReader::Descriptors() const {
  std::vector<int> all = {stat_.get(), status_.get()};
  for (const UniqueFd* file : {&schedstat_, &sched_}) {
    if (file->valid()) all.push_back(file->get());
  }
  return all;
}

absl::StatusOr<ThreadUsage> UsageReader::Read() const {
  ASSIGN_OR_RETURN(const std::string stat, ReadWhole(stat_.get(), "a thread's stat"));
  ASSIGN_OR_RETURN(const std::string status, ReadWhole(status_.get(), "a thread's status"));
  ASSIGN_OR_RETURN(ThreadUsage usage, ParseThreadUsage(stat, status));
  timespec on_cpu{};
  if (::clock_gettime(clock_, &on_cpu) != 0) return ErrnoStatus("a thread's CPU clock");
  usage.cpu_ns =
      static_cast<uint64_t>(on_cpu.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(on_cpu.tv_nsec);
  if (schedstat_.valid()) {
    ASSIGN_OR_RETURN(const std::string text, ReadWhole(schedstat_.get(), "a thread's schedstat"));
    ASSIGN_OR_RETURN(usage.run_delay_ns, ParseRunDelay(text));
  }
  if (sched_.valid()) {
    ASSIGN_OR_RETURN(const std::string text, ReadWhole(sched_.get(), "a thread's sched"));
    usage.migrations = ParseMigrations(text);
  }
  return usage;
}

// The command's name may hold anything, parentheses and spaces too, but ends with the last ')'.
absl::StatusOr<ThreadUsage> ParseThreadUsage(absl::string_view stat, absl::string_view status) {
  const size_t name_end = stat.rfind(')');
  ThreadUsage usage;
  const std::vector<absl::string_view> fields =
      name_end == absl::string_view::npos
          ? std::vector<absl::string_view>()
          : absl::StrSplit(stat.substr(name_end + 1), ' ', absl::SkipEmpty());
  if (fields.size() <= kMajorFaults ||
      !absl::SimpleAtoi(fields[kMinorFaults], &usage.minor_faults) ||
      !absl::SimpleAtoi(fields[kMajorFaults], &usage.major_faults)) {
    return absl::InternalError("a thread's stat cannot be understood");
  }
  if (!FindNumber(status, "voluntary_ctxt_switches:", usage.voluntary_switches) ||
      !FindNumber(status, "nonvoluntary_ctxt_switches:", usage.involuntary_switches)) {
    return absl::InternalError("a thread's status does not tell its context switches");
  }
  return usage;
}

absl::StatusOr<int64_t> ParseRunDelay(absl::string_view schedstat) {
  const std::vector<absl::string_view> numbers =
      absl::StrSplit(absl::StripAsciiWhitespace(schedstat), ' ');
  int64_t run_delay_ns = 0;
  if (numbers.size() == 3 && absl::SimpleAtoi(numbers[1], &run_delay_ns)) return run_delay_ns;
  return absl::InternalError("a thread's schedstat cannot be understood");
}

// "se.nr_migrations                             :                    0"
std::optional<uint64_t> ParseMigrations(absl::string_view sched) {
  for (const absl::string_view line : absl::StrSplit(sched, '\n')) {
    if (!absl::StartsWith(line, "se.nr_migrations ")) continue;
    uint64_t migrations = 0;
    const absl::string_view number = line.substr(line.rfind(':') + 1);
    if (absl::SimpleAtoi(number, &migrations)) return migrations;
  }
  return std::nullopt;
}

std::optional<uint64_t> UsageEvent(absl::string_view event, const ThreadUsage& usage) {
  if (event == "context-switches") return usage.voluntary_switches + usage.involuntary_switches;
  if (event == "page-faults") return usage.minor_faults + usage.major_faults;
  if (event == "minor-faults") return usage.minor_faults;
  if (event == "major-faults") return usage.major_faults;
  if (event == "task-clock") return usage.cpu_ns;
  if (event == "cpu-migrations") return usage.migrations;
  return std::nullopt;
}

}  // namespace copycost
