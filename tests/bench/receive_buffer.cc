#include "tests/bench/receive_buffer.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/fd.h"
#include "common/status.h"

namespace copycost::bench {
namespace {

absl::Status WriteSetting(const std::string& path, const std::string& value) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file.valid()) return ErrnoStatus(path);
  const ssize_t written = ::write(file.get(), value.data(), value.size());
  return written == static_cast<ssize_t>(value.size()) ? absl::OkStatus() : ErrnoStatus(path);
}

// /proc/sys/net shows the network namespace of the thread that looks.
absl::Status FixInNamespaceOf(pid_t process, uint64_t bytes) {
  const std::string network = absl::StrCat("/proc/", process, "/ns/net");
  const UniqueFd file(::open(network.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid() || ::setns(file.get(), CLONE_NEWNET) != 0) return ErrnoStatus(network);
  RETURN_IF_ERROR(
      WriteSetting("/proc/sys/net/ipv4/tcp_rmem", absl::StrCat("4096 ", bytes, " ", bytes)));
  return WriteSetting("/proc/sys/net/ipv4/tcp_moderate_rcvbuf", "0");
}

}  // namespace

absl::Status FixReceiveBuffer(const Places& places, uint64_t bytes) {
  absl::Status status;
  std::thread([&] { status = FixInNamespaceOf(places.receiver.network_of, bytes); }).join();
  return status;
}

}  // namespace copycost::bench
