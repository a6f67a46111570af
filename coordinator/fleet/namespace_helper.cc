#include "coordinator/fleet/namespace_helper.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "common/fd.h"
#include "common/log.h"
#include "common/status.h"
#include "coordinator/fleet/descriptors.h"
#include "coordinator/fleet/namespace_status.h"
#include "coordinator/fleet/veth.h"

namespace copycost {
namespace {

absl::Status WriteMap(const char* path, const std::string& text) {
  std::ofstream file(path);
  file << text << std::flush;
  return file ? absl::OkStatus() : NamespaceStatus(errno, absl::StrCat("write ", path), true);
}

// We become root of the new user namespace; every id but our own stays unmapped.
absl::Status MapIds(const NamespaceHelper& helper) {
  RETURN_IF_ERROR(WriteMap("/proc/self/setgroups", "deny"));
  RETURN_IF_ERROR(WriteMap("/proc/self/uid_map", absl::StrCat("0 ", helper.user_id, " 1")));
  return WriteMap("/proc/self/gid_map", absl::StrCat("0 ", helper.group_id, " 1"));
}

absl::StatusOr<UniqueFd> NewNetworkNamespace(bool in_user_namespace) {
  if (::unshare(CLONE_NEWNET) != 0) {
    return NamespaceStatus(errno, "unshare CLONE_NEWNET", in_user_namespace);
  }
  UniqueFd fd(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return ErrnoStatus("open /proc/self/ns/net");
  return fd;
}

// False where the kernel was booted with ipv6.disable=1, or built without.
bool KernelHasIpv6() { return UniqueFd(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)).valid(); }

VethEnd DataEnd(const UniqueFd& network_namespace, absl::string_view v4, absl::string_view v6) {
  return {.network_namespace = network_namespace.get(),
          .name = "data0",
          .address_v4 = absl::StrCat(v4, "/30"),
          .address_v6 = KernelHasIpv6() ? absl::StrCat(v6, "/64") : ""};
}

// In the child: only async-signal-safe calls matter little here, since the helper has one thread.
[[noreturn]] void ExecAgent(const std::string& binary, int network_namespace, int control) {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::dup2(::open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
  ::dup2(STDERR_FILENO, STDOUT_FILENO);  // stdout is for results
  ::fcntl(control, F_SETFD, 0);
  const std::string listen = absl::StrCat("fd:", control);
  if (::setns(network_namespace, CLONE_NEWNET) == 0) {
    ::execl(binary.c_str(), binary.c_str(), "--listen", listen.c_str(), "--allow-link-changes",
            nullptr);
  }
  Log(ErrnoStatus(absl::StrCat("cannot run ", binary)).message());
  ::_exit(127);
}

absl::Status Spawn(const std::string& binary, int network_namespace, int control) {
  const pid_t child = ::fork();
  if (child < 0) return ErrnoStatus("fork");
  if (child == 0) ExecAgent(binary, network_namespace, control);
  ::close(control);  // only the agent holds it now: its end is seen by the coordinator
  return absl::OkStatus();
}

struct Namespaces {
  UniqueFd sender;
  UniqueFd receiver;
};

absl::StatusOr<Namespaces> SetUp(const NamespaceHelper& helper) {
  RETURN_IF_ERROR(CloseAllBut(
      {helper.lifeline, helper.report, helper.sender_control, helper.receiver_control}));
  if (helper.new_user_namespace) RETURN_IF_ERROR(MapIds(helper));
  ASSIGN_OR_RETURN(UniqueFd sender, NewNetworkNamespace(helper.new_user_namespace));
  ASSIGN_OR_RETURN(UniqueFd receiver, NewNetworkNamespace(helper.new_user_namespace));
  RETURN_IF_ERROR(JoinByVeth(DataEnd(sender, kSenderAddressV4, kSenderAddressV6),
                             DataEnd(receiver, kReceiverAddressV4, kReceiverAddressV6)));
  RETURN_IF_ERROR(Spawn(helper.agent_binary, sender.get(), helper.sender_control));
  RETURN_IF_ERROR(Spawn(helper.agent_binary, receiver.get(), helper.receiver_control));
  return Namespaces{.sender = std::move(sender), .receiver = std::move(receiver)};
}

void Report(int report, absl::string_view text) {
  // A coordinator that does not read it any more is gone, which the lifeline tells.
  [[maybe_unused]] const ssize_t written = ::write(report, text.data(), text.size());
  ::close(report);
}

// Reaps agents as they end, until the coordinator does.
void Linger(int lifeline) {
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &child, nullptr);
  const UniqueFd ended(::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK));
  while (true) {
    std::array<pollfd, 2> entries = {{{.fd = lifeline, .events = POLLIN, .revents = 0},
                                      {.fd = ended.get(), .events = POLLIN, .revents = 0}}};
    if (::poll(entries.data(), entries.size(), -1) < 0 && errno != EINTR) return;
    if (entries[0].revents != 0) return;
    signalfd_siginfo info;
    while (::read(ended.get(), &info, sizeof(info)) > 0) {
    }
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
  }
}

}  // namespace

void RunNamespaceHelper(const NamespaceHelper& helper) {
  // Ctrl-C in a terminal goes to the foreground group: the coordinator alone decides what it means.
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_NAME, "copycost-helper");
  // Held until the end: an agent that dies must not take the veth pair with its namespace, or its
  // peer would be blamed for an address that is gone.
  const absl::StatusOr<Namespaces> namespaces = SetUp(helper);
  const absl::string_view ready = KernelHasIpv6() ? kNamespacesReady : kNamespacesReadyV4Only;
  Report(helper.report, namespaces.ok() ? ready : namespaces.status().message());
  if (namespaces.ok()) Linger(helper.lifeline);
  ::_exit(0);
}

}  // namespace copycost
