#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <system_error>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "agent/checks/kernel.h"
#include "agent/host_info.h"
#include "agent/link/data_interface.h"
#include "agent/link/link_setting.h"
#include "agent/measure/perf_counters.h"
#include "agent/measure/punctuality.h"
#include "agent/transport/tcp.h"
#include "common/clock.h"
#include "common/fd.h"
#include "common/status.h"

namespace copycost {
namespace {

// What `question` does to the thread that asks it ends with that thread.
absl::Status OnAThreadOfItsOwn(const std::function<absl::Status()>& question) {
  absl::Status answer;
  try {
    std::thread([&] { answer = question(); }).join();
  } catch (const std::system_error& error) {
    return ErrnoStatus(error.code().value(), "start a thread");
  }
  return answer;
}

absl::Status BindThisThread(uint32_t cpu) {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  CPU_SET(cpu, &cpus);
  const int error = ::pthread_setaffinity_np(::pthread_self(), sizeof(cpus), &cpus);
  return error == 0 ? absl::OkStatus() : ErrnoStatus(error, absl::StrCat("bind to CPU ", cpu));
}

// In user mode, where every event counts; the clock is read without a system call.
void Work() {
  const int64_t until = MonotonicNanos() + 50'000;
  while (MonotonicNanos() < until) {
  }
}

}  // namespace

absl::StatusOr<std::string> RealKernel::Read(const std::string& path) const {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return ErrnoStatus(absl::StrCat("open ", path));
  char text[4096];
  const ssize_t size = ::read(file.get(), text, sizeof(text));
  if (size < 0) return ErrnoStatus(absl::StrCat("read ", path));
  return std::string(absl::StripAsciiWhitespace({text, static_cast<size_t>(size)}));
}

std::optional<uint64_t> RealKernel::LockedMemory() const { return LockedMemoryLimit(); }

absl::StatusOr<uint64_t> RealKernel::AvailableMemory() const { return copycost::AvailableMemory(); }

absl::StatusOr<uint64_t> RealKernel::OpenFiles() const {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return ErrnoStatus("getrlimit RLIMIT_NOFILE");
  return limit.rlim_cur;
}

std::vector<uint32_t> RealKernel::Cpus() const { return AllowedCpus(); }

absl::Status RealKernel::BindTo(uint32_t cpu) const {
  return OnAThreadOfItsOwn([cpu] { return BindThisThread(cpu); });
}

absl::Status RealKernel::TakeRealTimePriority() const {
  return OnAThreadOfItsOwn(copycost::TakeRealTimePriority);
}

absl::Status RealKernel::TakeShortSlice() const {
  return OnAThreadOfItsOwn(copycost::TakeShortSlice);
}

absl::Status RealKernel::SetCongestion(absl::string_view name) const {
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return ErrnoStatus("socket");
  if (::setsockopt(socket.get(), IPPROTO_TCP, TCP_CONGESTION, name.data(), name.size()) == 0) {
    return absl::OkStatus();
  }
  return ErrnoStatus(absl::StrCat("setsockopt TCP_CONGESTION ", name));
}

absl::Status RealKernel::BindIpv6Loopback() const {
  const UniqueFd socket(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return ErrnoStatus("socket AF_INET6");
  sockaddr_in6 loopback{};
  loopback.sin6_family = AF_INET6;
  loopback.sin6_addr = in6addr_loopback;
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&loopback), sizeof(loopback)) == 0) {
    return absl::OkStatus();
  }
  return ErrnoStatus("bind ::1");
}

absl::StatusOr<v1::DataInterface> RealKernel::InterfaceOf(absl::string_view address) const {
  ASSIGN_OR_RETURN(const UniqueFd listener, ListenTcp(address, {}));
  return FindDataInterface(listener.get());
}

absl::Status RealKernel::TryToSetLink(const v1::DataInterface& interface) const {
  return CheckMaySetLink(interface.name());
}

absl::StatusOr<Kernel::Counted> RealKernel::Count(const std::string& event,
                                                  const CounterTarget& target) const {
  const OpenedCounters opened = PerfCounters().Open({event}, target);
  RETURN_IF_ERROR(opened.events[0].opened);
  RETURN_IF_ERROR(opened.group->Enable());
  Work();
  RETURN_IF_ERROR(opened.group->Disable());
  ASSIGN_OR_RETURN(const CounterReading reading, opened.group->Read());
  if (reading.running_ns == 0) {
    return absl::ResourceExhaustedError(
        "no counter of the PMU was free for it; end what else counts (perf, the NMI watchdog)");
  }
  return Counted{.value = reading.values[0], .user_only = opened.events[0].user_only};
}

}  // namespace copycost
