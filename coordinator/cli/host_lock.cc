#include "coordinator/cli/host_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/status.h"

namespace copycost {
namespace {

// A directory every user can write to. The file stays; only its lock counts.
constexpr char kPath[] = "/run/lock/copycost.lock";
constexpr char kFallbackPath[] = "/tmp/copycost.lock";

// Without O_CREAT first: with it, fs.protected_regular refuses files of other users in a sticky
// directory, even to root.
UniqueFd OpenLock(const std::string& path) {
  UniqueFd file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (file.valid() || errno != ENOENT) return file;
  file.Reset(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_CREAT, 0666));
  if (file.valid()) ::fchmod(file.get(), 0666);  // whatever the umask: other users lock it, too
  return file;
}

std::string HolderOf(int file) {
  char text[512];
  const ssize_t size = ::pread(file, text, sizeof(text), 0);
  return size > 0 ? std::string(absl::StripAsciiWhitespace({text, static_cast<size_t>(size)}))
                  : "another process";
}

}  // namespace

absl::StatusOr<HostLock> HostLock::TakeAt(const std::string& path, absl::string_view who) {
  UniqueFd file = OpenLock(path);
  if (!file.valid()) return ErrnoStatus(absl::StrCat("open ", path));
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return ErrnoStatus(absl::StrCat("flock ", path));
    return absl::ResourceExhaustedError(
        absl::StrCat("this host is measured already, by ", HolderOf(file.get()),
                     "; wait for it, or add --share-host if disturbed numbers will do"));
  }
  const std::string line = absl::StrCat(who, "\n");
  if (::ftruncate(file.get(), 0) != 0 ||
      ::pwrite(file.get(), line.data(), line.size(), 0) != static_cast<ssize_t>(line.size())) {
    return ErrnoStatus(absl::StrCat("write ", path));
  }
  return HostLock(std::move(file));
}

absl::StatusOr<HostLock> HostLock::Take(absl::string_view who) {
  absl::StatusOr<HostLock> lock = TakeAt(kPath, who);
  if (!absl::IsNotFound(lock.status())) return lock;
  return TakeAt(kFallbackPath, who);
}

}  // namespace copycost
