#include "agent/transport/unix_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status.h"

namespace copycost {
namespace {

constexpr char kName[] = "/s";

absl::StatusOr<sockaddr_un> AddressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return absl::FailedPreconditionError(absl::StrCat(path, " is too long for a unix socket"));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

absl::StatusOr<UniqueFd> MakeSocket() {
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return ErrnoStatus("socket AF_UNIX");
  return socket;
}

// Removes the directory and the socket in it.
struct Directory {
  std::string path;

  explicit Directory(std::string made) : path(std::move(made)) {}
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() {
    ::unlink(absl::StrCat(path, kName).c_str());
    ::rmdir(path.c_str());
  }
};

// Of mode 0700, where one can be made: what lives in memory first.
absl::StatusOr<std::string> MakeDirectory() {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  absl::Status last;
  for (const char* parent : {runtime, "/run", "/dev/shm", "/tmp"}) {
    if (parent == nullptr || *parent != '/') continue;
    std::string path = absl::StrCat(parent, "/copycost-XXXXXX");
    if (!AddressOf(absl::StrCat(path, kName)).ok()) continue;
    if (::mkdtemp(path.data()) != nullptr) return path;
    last = ErrnoStatus(absl::StrCat("mkdtemp ", path));
  }
  return absl::FailedPreconditionError(
      absl::StrCat(last.message(),
                   "; a unix socket needs XDG_RUNTIME_DIR, /run, /dev/shm or /tmp to be "
                   "writable for a moment"));
}

// As others see this process: /proc may be that of an outer PID namespace.
absl::StatusOr<uint32_t> OwnNumber() {
  char text[16] = {};
  uint32_t number = 0;
  const ssize_t size = ::readlink("/proc/self", text, sizeof(text) - 1);
  if (size <= 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(ErrnoStatus("readlink /proc/self").message(), "; mount /proc"));
  }
  if (!absl::SimpleAtoi(absl::string_view(text, static_cast<size_t>(size)), &number)) {
    return absl::InternalError("/proc/self leads to no number");
  }
  return number;
}

}  // namespace

absl::StatusOr<UnixListener> ListenUnix() {
  UnixListener listener;
  ASSIGN_OR_RETURN(listener.address.process, OwnNumber());
  ASSIGN_OR_RETURN(listener.socket, MakeSocket());
  {
    ASSIGN_OR_RETURN(std::string made, MakeDirectory());
    const Directory directory(std::move(made));
    const std::string path = absl::StrCat(directory.path, kName);
    ASSIGN_OR_RETURN(const sockaddr_un address, AddressOf(path));
    if (::bind(listener.socket.get(), reinterpret_cast<const sockaddr*>(&address),
               sizeof(address)) != 0) {
      return ErrnoStatus(absl::StrCat("bind ", path));
    }
    listener.place.Reset(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!listener.place.valid()) return ErrnoStatus(absl::StrCat("open ", path));
  }
  if (::listen(listener.socket.get(), SOMAXCONN) != 0) return ErrnoStatus("listen");
  listener.address.descriptor = static_cast<uint32_t>(listener.place.get());
  return listener;
}

absl::StatusOr<UniqueFd> StartUnixConnect(const UnixPlace& place) {
  if (place.process == 0 || place.process > INT_MAX || place.descriptor > INT_MAX) {
    return absl::InvalidArgumentError(
        absl::StrCat("no process ", place.process, " can have a descriptor ", place.descriptor));
  }
  ASSIGN_OR_RETURN(UniqueFd socket, MakeSocket());
  const std::string path = absl::StrCat("/proc/", place.process, "/fd/", place.descriptor);
  ASSIGN_OR_RETURN(const sockaddr_un address, AddressOf(path));
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
    return socket;
  }
  const int error = errno;
  const absl::Status status = ErrnoStatus(error, absl::StrCat("connect ", path));
  if (error == EAGAIN) return absl::UnavailableError(status.message());  // too many at once
  return absl::FailedPreconditionError(absl::StrCat(
      status.message(), "; unix needs both agents in one PID namespace, as one user, with /proc"));
}

absl::Status CheckPeerUser(int socket) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return ErrnoStatus("getsockopt SO_PEERCRED");
  }
  if (peer.uid == ::geteuid()) return absl::OkStatus();
  return absl::PermissionDeniedError(absl::StrCat(
      "the peer is of user ", peer.uid, ", this agent of user ", ::geteuid(), "; run both as one"));
}

absl::StatusOr<SocketPair> ConnectUnixPair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(ErrnoStatus("socketpair AF_UNIX").message(), "; permit AF_UNIX"));
  }
  SocketPair pair;
  pair.client.Reset(ends[0]);
  pair.server.Reset(ends[1]);
  return pair;
}

}  // namespace copycost
