#include "agent/measure/uring_workers.h"

#include <sys/prctl.h>

#include <thread>

#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

TEST(UringWorkersTest, AreToldByTheirNames) {
  const auto before = CountUringWorkers();
  ASSERT_OK(before);
  std::thread([&] {
    ::prctl(PR_SET_NAME, "iou-wrk-1");
    EXPECT_EQ(*CountUringWorkers(), *before + 1);
    ::prctl(PR_SET_NAME, "iou-sqp-1");
    EXPECT_EQ(*CountUringWorkers(), *before);
  }).join();
}

}  // namespace
}  // namespace copycost
