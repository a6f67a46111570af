#include "coordinator/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace copycost {
namespace {
constexpr size_t kDefaultWidth = 100;
}  // namespace

bool IsTerminal(int fd) { return ::isatty(fd) == 1; }

size_t WidthOf(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kDefaultWidth;
  return size.ws_col;
}

}  // namespace copycost
