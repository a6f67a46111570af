#include "agent/pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/str_cat.h"
#include "common/page_size.h"
#include "common/status.h"

namespace copycost {

absl::StatusOr<Pipe> Pipe::Create(uint64_t bytes, uint32_t parts) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return ErrnoStatus("pipe2");
  Pipe pipe = {.read = UniqueFd(ends[0]), .write = UniqueFd(ends[1])};
  // A slot of the pipe holds bytes of one page.
  const uint64_t page = PageBytes();
  const uint64_t slots = (bytes + page - 1) / page + 2 * uint64_t{parts};
  const auto size = static_cast<int>(std::min(slots * page, kMostBytes));
  if (::fcntl(pipe.write.get(), F_SETPIPE_SZ, size) < 0) {
    if (errno != EPERM) return ErrnoStatus("fcntl F_SETPIPE_SZ");
    return absl::ResourceExhaustedError(absl::StrCat(
        "a pipe of ", size,
        " bytes: this user may not have so many pages in pipes, or none so "
        "large; use fewer flows, or raise fs.pipe-user-pages-soft or fs.pipe-max-size"));
  }
  return pipe;
}

absl::Status Pipe::MakeWriteNonBlocking() const {
  if (::fcntl(write.get(), F_SETFL, O_NONBLOCK) == 0) return absl::OkStatus();
  return ErrnoStatus("fcntl O_NONBLOCK");
}

}  // namespace copycost
