#include "agent/link/link_guard.h"

#include <net/if.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <utility>

#include "common/log.h"
#include "common/status.h"

namespace copycost {
namespace {

// One packet of the channel; answered by a byte.
struct Message {
  char interface[IFNAMSIZ];
  LinkSetting setting;
  uint32_t value;
  bool restore;  // else: forget it
};

// The child: until the other end of the channel is closed, which the agent's death does.
[[noreturn]] void Guard(int channel) {
  // Ctrl-C goes to the whole foreground group, SIGTERM of a service manager to every process: the
  // agent's end is what counts.
  ::setpgid(0, 0);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::signal(signal, SIG_IGN);
  ::prctl(PR_SET_NAME, "copycost-links");
  std::map<std::pair<std::string, LinkSetting>, uint32_t> found;
  Message message;
  while (true) {
    const ssize_t got = ::recv(channel, &message, sizeof(message), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got != sizeof(message)) break;
    const std::string interface(message.interface, ::strnlen(message.interface, IFNAMSIZ));
    if (message.restore) {
      found.try_emplace({interface, message.setting}, message.value);  // what was there first
    } else {
      found.erase({interface, message.setting});
    }
    if (::send(channel, "", 1, MSG_NOSIGNAL) != 1) break;
  }
  for (const auto& [link, value] : found) {
    if (const absl::Status restored = SetLink(link.first, link.second, value); !restored.ok()) {
      Log(restored.message());
    }
  }
  ::_exit(0);
}

}  // namespace

absl::StatusOr<std::unique_ptr<LinkGuard>> LinkGuard::Start() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return ErrnoStatus("socketpair");
  }
  UniqueFd ours(ends[0]);
  const UniqueFd theirs(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return ErrnoStatus("fork");
  if (child == 0) {
    ours.Reset();
    Guard(theirs.get());
  }
  return std::unique_ptr<LinkGuard>(new LinkGuard(child, std::move(ours)));
}

LinkGuard::~LinkGuard() {
  channel_.Reset();
  while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

absl::Status LinkGuard::RestoreAtEnd(const Link& link) { return Tell(link, true); }

absl::Status LinkGuard::Forget(const std::string& interface, LinkSetting setting) {
  return Tell({interface, setting, 0}, false);
}

absl::Status LinkGuard::Tell(const Link& link, bool restore) {
  Message message{
      .interface = {}, .setting = link.setting, .value = link.value, .restore = restore};
  std::strncpy(message.interface, link.interface.c_str(), IFNAMSIZ - 1);
  char answer;
  if (::send(channel_.get(), &message, sizeof(message), MSG_NOSIGNAL) != sizeof(message) ||
      ::recv(channel_.get(), &answer, 1, 0) != 1) {
    return absl::UnavailableError(
        "the process that restores links is gone; start copycost-agent again");
  }
  return absl::OkStatus();
}

}  // namespace copycost
