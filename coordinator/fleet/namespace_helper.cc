#include "coordinator/fleet/namespace_helper.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "common/fd.h"
#include "common/log.h"
#include "common/status.h"
#include "coordinator/fleet/veth.h"

namespace copycost {
namespace {

absl::Status WriteFile(const char* path, const std::string& text) {
  std::ofstream file(path);
  file << text << std::flush;
  return file ? absl::OkStatus() : ErrnoStatus(absl::StrCat("write ", path));
}

// We become root of the new user namespace; every id but our own stays unmapped.
absl::Status MapIds(const NamespaceHelper& helper) {
  RETURN_IF_ERROR(WriteFile("/proc/self/setgroups", "deny"));
  RETURN_IF_ERROR(WriteFile("/proc/self/uid_map", absl::StrCat("0 ", helper.user_id, " 1")));
  return WriteFile("/proc/self/gid_map", absl::StrCat("0 ", helper.group_id, " 1"));
}

absl::StatusOr<UniqueFd> NewNetworkNamespace() {
  if (::unshare(CLONE_NEWNET) != 0) return ErrnoStatus("unshare CLONE_NEWNET");
  UniqueFd fd(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return ErrnoStatus("open /proc/self/ns/net");
  return fd;
}

void CloseAllBut(std::array<int, 4> kept) {
  std::sort(kept.begin(), kept.end());
  int next = STDERR_FILENO + 1;
  for (const int fd : kept) {
    if (fd > next) ::close_range(static_cast<unsigned>(next), static_cast<unsigned>(fd) - 1, 0);
    next = fd + 1;
  }
  ::close_range(static_cast<unsigned>(next), ~0U, 0);
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
    ::execl(binary.c_str(), binary.c_str(), "--listen", listen.c_str(), nullptr);
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

absl::Status SetUp(const NamespaceHelper& helper) {
  if (helper.new_user_namespace) RETURN_IF_ERROR(MapIds(helper));
  ASSIGN_OR_RETURN(const UniqueFd sender, NewNetworkNamespace());
  ASSIGN_OR_RETURN(const UniqueFd receiver, NewNetworkNamespace());
  RETURN_IF_ERROR(JoinByVeth({.network_namespace = sender.get(),
                              .name = "data0",
                              .address_v4 = absl::StrCat(kSenderAddressV4, "/30"),
                              .address_v6 = absl::StrCat(kSenderAddressV6, "/64")},
                             {.network_namespace = receiver.get(),
                              .name = "data0",
                              .address_v4 = absl::StrCat(kReceiverAddressV4, "/30"),
                              .address_v6 = absl::StrCat(kReceiverAddressV6, "/64")}));
  RETURN_IF_ERROR(Spawn(helper.agent_binary, sender.get(), helper.sender_control));
  return Spawn(helper.agent_binary, receiver.get(), helper.receiver_control);
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
  CloseAllBut({helper.lifeline, helper.report, helper.sender_control, helper.receiver_control});
  const absl::Status status = SetUp(helper);
  Report(helper.report, status.ok() ? kNamespacesReady : status.message());
  if (status.ok()) Linger(helper.lifeline);
  ::_exit(0);
}

}  // namespace copycost
