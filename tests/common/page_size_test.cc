#include "common/page_size.h"

#include <gtest/gtest.h>
#include <sys/auxv.h>

namespace copycost {
namespace {

TEST(PageSizeTest, IsWhatTheKernelToldTheProcess) {
  EXPECT_EQ(PageBytes(), ::getauxval(AT_PAGESZ));
}

}  // namespace
}  // namespace copycost
