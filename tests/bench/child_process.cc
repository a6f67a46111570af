#include "tests/bench/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock.h"
#include "common/status.h"

namespace copycost::bench {
namespace {

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

absl::StatusOr<Pipe> MakePipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) return ErrnoStatus("pipe");
  return Pipe{.read = UniqueFd(fds[0]), .write = UniqueFd(fds[1])};
}

struct Launch {
  char* const* arguments;
  int network_namespace;
  cpu_set_t cpus;
  int input;
  int output;
};

// In the child of a process with threads: nothing but async-signal-safe calls.
[[noreturn]] void Execute(const Launch& launch) {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const bool placed = ::setns(launch.network_namespace, CLONE_NEWNET) == 0 &&
                      ::sched_setaffinity(0, sizeof(launch.cpus), &launch.cpus) == 0;
  if (placed && ::dup2(launch.input, STDIN_FILENO) >= 0 &&
      ::dup2(launch.output, STDOUT_FILENO) >= 0) {
    ::execv(launch.arguments[0], launch.arguments);
  }
  ::_exit(127);
}

std::string BaseName(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

ChildProcess::ChildProcess(std::string name, pid_t pid, UniqueFd input, UniqueFd output)
    : name_(std::move(name)), pid_(pid), input_(std::move(input)), output_(std::move(output)) {}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : name_(std::move(other.name_)),
      pid_(std::exchange(other.pid_, -1)),
      input_(std::move(other.input_)),
      output_(std::move(other.output_)),
      read_(std::move(other.read_)) {}

ChildProcess::~ChildProcess() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

absl::StatusOr<ChildProcess> ChildProcess::Start(const Options& options) {
  const std::string network = absl::StrCat("/proc/", options.network_of, "/ns/net");
  const UniqueFd network_namespace(::open(network.c_str(), O_RDONLY | O_CLOEXEC));
  if (!network_namespace.valid()) return ErrnoStatus(absl::StrCat("open ", network));
  ASSIGN_OR_RETURN(Pipe input, MakePipe());
  ASSIGN_OR_RETURN(Pipe output, MakePipe());
  std::vector<std::string> arguments = options.arguments;
  std::vector<char*> pointers;
  pointers.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  Launch launch = {.arguments = pointers.data(),
                   .network_namespace = network_namespace.get(),
                   .cpus = {},
                   .input = input.read.get(),
                   .output = output.write.get()};
  CPU_SET(options.cpu, &launch.cpus);
  const pid_t pid = ::fork();
  if (pid == 0) Execute(launch);
  if (pid < 0) return ErrnoStatus("fork");
  return ChildProcess(BaseName(arguments[0]), pid, std::move(input.write), std::move(output.read));
}

absl::Status ChildProcess::Write(absl::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(input_.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return ErrnoStatus(absl::StrCat("write to ", name_));
    text.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ChildProcess::ReadLine(absl::Time deadline) {
  while (true) {
    const size_t newline = read_.find('\n');
    if (newline != read_.npos) {
      std::string line = read_.substr(0, newline);
      read_.erase(0, newline + 1);
      return line;
    }
    ASSIGN_OR_RETURN(const bool more, ReadMore(deadline));
    if (more) continue;
    RETURN_IF_ERROR(Reap());
    return absl::UnavailableError(absl::StrCat(name_, " ended before it had told all"));
  }
}

absl::StatusOr<std::string> ChildProcess::Finish(absl::Time deadline) {
  for (bool more = true; more;) {
    ASSIGN_OR_RETURN(more, ReadMore(deadline));
  }
  RETURN_IF_ERROR(Reap());
  return std::move(read_);
}

absl::StatusOr<bool> ChildProcess::ReadMore(absl::Time deadline) {
  while (true) {
    const absl::Duration left = deadline - MonotonicTime();
    if (left <= absl::ZeroDuration()) {
      return absl::DeadlineExceededError(absl::StrCat(name_, " does not answer in time"));
    }
    pollfd entry{.fd = output_.get(), .events = POLLIN, .revents = 0};
    const timespec timeout = absl::ToTimespec(left);
    if (::ppoll(&entry, 1, &timeout, nullptr) < 0 && errno != EINTR) return ErrnoStatus("poll");
    if (entry.revents == 0) continue;
    char chunk[4096];
    const ssize_t got = ::read(output_.get(), chunk, sizeof(chunk));
    if (got < 0) return ErrnoStatus(absl::StrCat("read from ", name_));
    read_.append(chunk, static_cast<size_t>(got));
    return got > 0;
  }
}

// Only once its output has ended: it is about to end, too.
absl::Status ChildProcess::Reap() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0) {
    if (errno != EINTR) return ErrnoStatus("waitpid");
  }
  pid_ = -1;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return absl::OkStatus();
  return absl::InternalError(
      WIFEXITED(status) ? absl::StrCat(name_, " ended with exit code ", WEXITSTATUS(status))
                        : absl::StrCat(name_, " was ended by signal ", WTERMSIG(status)));
}

}  // namespace copycost::bench
