#include "common/fd.h"

#include <unistd.h>

namespace copycost {

void UniqueFd::Reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

}  // namespace copycost
