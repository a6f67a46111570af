#include "coordinator/fleet/namespace_topology.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/capabilities.h"
#include "common/status.h"
#include "coordinator/fleet/grpc_agent_client.h"
#include "coordinator/fleet/namespace_helper.h"
#include "coordinator/fleet/namespace_status.h"

namespace copycost {
namespace {

constexpr int kReadyLimitMs = 10'000;

struct FdPair {
  UniqueFd ours;
  UniqueFd theirs;
};

absl::StatusOr<FdPair> MakeSocketPair() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
    return ErrnoStatus("socketpair");
  }
  return FdPair{.ours = UniqueFd(fds[0]), .theirs = UniqueFd(fds[1])};
}

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

absl::StatusOr<Pipe> MakePipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) return ErrnoStatus("pipe");
  return Pipe{.read = UniqueFd(fds[0]), .write = UniqueFd(fds[1])};
}

constexpr char kCannot[] = "cannot make namespaces";

// The text behind a helper's report, or why there is none.
absl::StatusOr<std::string> ReadReport(int report) {
  std::string text;
  while (true) {
    pollfd entry{.fd = report, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&entry, 1, kReadyLimitMs);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return absl::DeadlineExceededError("the namespace helper does not answer");
    char chunk[512];
    const ssize_t got = ::read(report, chunk, sizeof(chunk));
    if (got < 0) return ErrnoStatus("read from the namespace helper");
    if (got == 0) return text;
    text.append(chunk, static_cast<size_t>(got));
  }
}

bool IsExecutable(const std::string& path) { return ::access(path.c_str(), X_OK) == 0; }

std::string OwnDirectory() {
  char path[PATH_MAX];
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof(path));
  const std::string executable(path, size > 0 ? static_cast<size_t>(size) : 0);
  return executable.substr(0, executable.rfind('/'));
}

}  // namespace

absl::StatusOr<std::string> FindAgentBinary(const std::string& flag) {
  if (!flag.empty()) {
    if (IsExecutable(flag)) return flag;
    return absl::NotFoundError(absl::StrCat("--agent-binary: ", ErrnoStatus(flag).message()));
  }
  std::vector<std::string> directories = {OwnDirectory()};
  const char* path = std::getenv("PATH");
  for (const absl::string_view directory : absl::StrSplit(path == nullptr ? "" : path, ':')) {
    if (!directory.empty()) directories.emplace_back(directory);
  }
  for (const std::string& directory : directories) {
    const std::string candidate = absl::StrCat(directory, "/copycost-agent");
    if (IsExecutable(candidate)) return candidate;
  }
  return absl::NotFoundError(absl::StrCat("copycost-agent is neither beside copycost (",
                                          directories[0],
                                          ") nor in PATH; name it with --agent-binary"));
}

absl::StatusOr<std::unique_ptr<NamespaceTopology>> NamespaceTopology::Create(
    const std::string& agent_binary) {
  ASSIGN_OR_RETURN(FdPair sender, MakeSocketPair());
  ASSIGN_OR_RETURN(FdPair receiver, MakeSocketPair());
  ASSIGN_OR_RETURN(Pipe lifeline, MakePipe());
  ASSIGN_OR_RETURN(Pipe report, MakePipe());
  const bool privileged = HasCapability(CAP_NET_ADMIN) && HasCapability(CAP_SYS_ADMIN);
  const NamespaceHelper helper = {.new_user_namespace = !privileged,
                                  .user_id = ::geteuid(),
                                  .group_id = ::getegid(),
                                  .agent_binary = agent_binary,
                                  .lifeline = lifeline.read.get(),
                                  .report = report.write.get(),
                                  .sender_control = sender.theirs.get(),
                                  .receiver_control = receiver.theirs.get()};
  const unsigned long flags =
      CLONE_NEWPID | (privileged ? 0UL : static_cast<unsigned long>(CLONE_NEWUSER)) | SIGCHLD;
  // fork(2) with flags: no stack, so the child goes on right here with a copy of everything.
  const long pid = ::syscall(SYS_clone, flags, nullptr, nullptr, nullptr, nullptr);
  if (pid == 0) RunNamespaceHelper(helper);
  if (pid < 0) {
    return Annotate(NamespaceStatus(errno, "clone", helper.new_user_namespace), kCannot);
  }
  std::unique_ptr<NamespaceTopology> topology(new NamespaceTopology());
  topology->helper_ = static_cast<pid_t>(pid);
  topology->lifeline_ = std::move(lifeline.write);
  topology->report_ = std::move(report.read);
  topology->sender_control_ = std::move(sender.ours);
  topology->receiver_control_ = std::move(receiver.ours);
  return topology;
}

NamespaceTopology::~NamespaceTopology() {
  // The init of its PID namespace: with it everything in there is killed.
  ::kill(helper_, SIGKILL);
  while (::waitpid(helper_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

absl::StatusOr<Fleet> NamespaceTopology::Up() {
  ASSIGN_OR_RETURN(const std::string report, ReadReport(report_.get()));
  const bool has_ipv6 = report == kNamespacesReady;
  if (!has_ipv6 && report != kNamespacesReadyV4Only) {
    return Annotate(
        absl::FailedPreconditionError(report.empty() ? "the helper process died" : report),
        kCannot);
  }
  Fleet fleet;
  fleet.push_back({.name = "sender",
                   .address = "namespace",
                   .client = MakeGrpcAgentClient(std::move(sender_control_)),
                   .data_address_v4 = kSenderAddressV4,
                   .data_address_v6 = has_ipv6 ? kSenderAddressV6 : ""});
  fleet.push_back({.name = "receiver",
                   .address = "namespace",
                   .client = MakeGrpcAgentClient(std::move(receiver_control_)),
                   .data_address_v4 = kReceiverAddressV4,
                   .data_address_v6 = has_ipv6 ? kReceiverAddressV6 : ""});
  return fleet;
}

}  // namespace copycost
