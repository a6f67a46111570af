#include "coordinator/report/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "common/fd.h"
#include "common/status.h"

namespace copycost::report {
namespace {

absl::Status WriteAll(const std::string& path, absl::string_view contents) {
  UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!fd.valid()) return ErrnoStatus(absl::StrCat("open ", path));
  while (!contents.empty()) {
    const ssize_t written = write(fd.get(), contents.data(), contents.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return ErrnoStatus(absl::StrCat("write ", path));
    contents.remove_prefix(static_cast<size_t>(written));
  }
  // NFS tells of a full disk only here.
  if (close(fd.Release()) != 0) return ErrnoStatus(absl::StrCat("close ", path));
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteAtomically(const std::string& path, absl::string_view contents) {
  // Beside the file, since rename works within one file system; the process id keeps two reports of
  // the same run apart.
  const std::string temporary = absl::StrCat(path, ".", getpid(), ".tmp");
  absl::Status status = WriteAll(temporary, contents);
  if (status.ok() && rename(temporary.c_str(), path.c_str()) != 0) {
    status = ErrnoStatus(absl::StrCat("rename ", temporary, " to ", path));
  }
  if (!status.ok()) unlink(temporary.c_str());
  return status;
}

}  // namespace copycost::report
