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

// The file stays; only its lock counts.
constexpr char kName[] = "/copycost.lock";

// Where every user can make files and none can remove another's. Not so /run/lock everywhere.
absl::string_view SharedDirectory() {
  struct stat status {};
  const bool shared = ::stat("/run/lock", &status) == 0 && (status.st_mode & 01777) == 01777;
  return shared ? "/run/lock" : "/tmp";
}

// Without O_CREAT first: with it, fs.protected_regular refuses files of other users in a sticky
// directory, even to root.
UniqueFd OpenLock(const std::string& path) {
  UniqueFd file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (file.valid() || errno != ENOENT) return file;
  file.Reset(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_CREAT | O_EXCL, 0666));
  if (file.valid()) {
    ::fchmod(file.get(), 0666);  // whatever the umask: other users lock it, too
  } else if (errno == EEXIST) {
    file.Reset(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  }
  return file;
}

// Not something that was put there to be written over.
bool IsPlainFile(int file) {
  struct stat status {};
  return ::fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1;
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
  if (!IsPlainFile(file.get())) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is not a plain file of its own; remove it"));
  }
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
  return TakeAt(absl::StrCat(SharedDirectory(), kName), who);
}

}  // namespace copycost
