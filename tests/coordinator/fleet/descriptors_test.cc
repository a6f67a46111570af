#include "coordinator/fleet/descriptors.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace copycost {
namespace {

bool IsOpen(int descriptor) { return ::fcntl(descriptor, F_GETFD) >= 0; }

// 0 when only the standard ones and `kept` are left.
int ClosesAllBut(int kept, int other, int far) {
  if (!CloseAllBut({kept}).ok()) return 1;
  if (!IsOpen(kept) || !IsOpen(STDERR_FILENO)) return 2;
  return IsOpen(other) || IsOpen(far) ? 3 : 0;
}

TEST(DescriptorsTest, AllButTheKeptOnesAreClosed) {
  const int kept = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int other = ::dup(kept);
  const int far = ::fcntl(kept, F_DUPFD, 500);
  ASSERT_GE(far, 500);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(ClosesAllBut(kept, other, far));
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  for (const int descriptor : {kept, other, far}) ::close(descriptor);
}

}  // namespace
}  // namespace copycost
