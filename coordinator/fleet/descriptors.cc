#include "coordinator/fleet/descriptors.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "common/status.h"

namespace copycost {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

// Including the one it is read by, which is closed when this returns.
absl::StatusOr<std::vector<int>> OpenDescriptors() {
  const std::unique_ptr<DIR, CloseDirectory> directory(::opendir("/proc/self/fd"));
  if (directory == nullptr) return ErrnoStatus("opendir /proc/self/fd");
  std::vector<int> descriptors;
  errno = 0;
  while (const dirent* entry = ::readdir(directory.get())) {
    int descriptor = -1;
    if (absl::SimpleAtoi(entry->d_name, &descriptor)) descriptors.push_back(descriptor);
  }
  if (errno != 0) return ErrnoStatus("readdir /proc/self/fd");
  return descriptors;
}

}  // namespace

// Not close_range(2), which kernels before 5.9 and seccomp profiles of that age lack.
absl::Status CloseAllBut(absl::Span<const int> kept) {
  absl::StatusOr<std::vector<int>> descriptors = OpenDescriptors();
  if (!descriptors.ok()) return descriptors.status();
  for (const int descriptor : *descriptors) {
    const bool keep = descriptor <= STDERR_FILENO ||
                      std::find(kept.begin(), kept.end(), descriptor) != kept.end();
    if (!keep) ::close(descriptor);
  }
  return absl::OkStatus();
}

}  // namespace copycost
