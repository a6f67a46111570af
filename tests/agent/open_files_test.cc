#include "agent/open_files.h"

#include <sys/resource.h>

#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

TEST(OpenFilesTest, AsManyAsThisProcessMayHave) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit lower{.rlim_cur = 256, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &lower), 0);
  EXPECT_OK(RaiseOpenFileLimit());
  rlimit raised{};
  ::getrlimit(RLIMIT_NOFILE, &raised);
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(raised.rlim_cur, before.rlim_max);
  EXPECT_EQ(raised.rlim_max, before.rlim_max);
}

}  // namespace
}  // namespace copycost
