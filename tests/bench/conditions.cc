#include "tests/bench/conditions.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "agent/link/data_interface.h"
#include "agent/link/link_setting.h"
#include "common/fd.h"
#include "common/status.h"
#include "coordinator/fleet/namespace_helper.h"

namespace copycost::bench {
namespace {

absl::Status WriteSetting(const std::string& path, const std::string& value) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file.valid()) return ErrnoStatus(path);
  const ssize_t written = ::write(file.get(), value.data(), value.size());
  return written == static_cast<ssize_t>(value.size()) ? absl::OkStatus() : ErrnoStatus(path);
}

// On a thread of its own, which stays in the namespace.
absl::Status InNamespaceOf(pid_t process, absl::FunctionRef<absl::Status()> act) {
  absl::Status status;
  std::thread([&] {
    const std::string network = absl::StrCat("/proc/", process, "/ns/net");
    const UniqueFd file(::open(network.c_str(), O_RDONLY | O_CLOEXEC));
    const bool entered = file.valid() && ::setns(file.get(), CLONE_NEWNET) == 0;
    status = entered ? act() : ErrnoStatus(network);
  }).join();
  return status;
}

absl::Status SetMtuAt(pid_t process, const std::string& address, uint32_t mtu) {
  return InNamespaceOf(process, [&]() -> absl::Status {
    ASSIGN_OR_RETURN(const std::string interface, InterfaceOf(address));
    return SetLink(interface, LinkSetting::kMtu, mtu);
  });
}

}  // namespace

// /proc/sys/net shows the network namespace of the thread that looks.
absl::Status FixReceiveBuffer(const Places& places, uint64_t bytes) {
  return InNamespaceOf(places.receiver.network_of, [&]() -> absl::Status {
    RETURN_IF_ERROR(
        WriteSetting("/proc/sys/net/ipv4/tcp_rmem", absl::StrCat("4096 ", bytes, " ", bytes)));
    return WriteSetting("/proc/sys/net/ipv4/tcp_moderate_rcvbuf", "0");
  });
}

absl::Status SetMtu(const Places& places, uint32_t mtu) {
  RETURN_IF_ERROR(SetMtuAt(places.sender.network_of, kSenderAddressV4, mtu));
  return SetMtuAt(places.receiver.network_of, kReceiverAddressV4, mtu);
}

}  // namespace copycost::bench
