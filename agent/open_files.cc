#include "agent/open_files.h"

#include <sys/resource.h>

#include "common/status.h"

namespace copycost {

absl::Status RaiseOpenFileLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return ErrnoStatus("getrlimit RLIMIT_NOFILE");
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return ErrnoStatus("setrlimit RLIMIT_NOFILE");
  return absl::OkStatus();
}

}  // namespace copycost
