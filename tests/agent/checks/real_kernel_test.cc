// What can be told of any kernel: that asking it changes nothing.
#include <sched.h>
#include <sys/socket.h>

#include "agent/checks/kernel.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::StatusIs;
using ::testing::_;
using ::testing::HasSubstr;

class RealKernelTest : public ::testing::Test {
 protected:
  RealKernel kernel_;
};

TEST_F(RealKernelTest, BindingAndPriorityStayWithTheThreadThatTriedThem) {
  const std::vector<uint32_t> cpus = kernel_.Cpus();
  ASSERT_FALSE(cpus.empty());
  EXPECT_OK(kernel_.BindTo(cpus.back()));
  EXPECT_EQ(kernel_.Cpus(), cpus);
  const int policy = ::sched_getscheduler(0);
  kernel_.TakeRealTimePriority().IgnoreError();
  kernel_.TakeShortSlice().IgnoreError();
  EXPECT_EQ(::sched_getscheduler(0), policy);
}

TEST_F(RealKernelTest, ACpuThatDoesNotExistIsRefused) {
  EXPECT_THAT(kernel_.BindTo(1023),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("bind to CPU 1023")));
}

TEST_F(RealKernelTest, FilesAreReadWithoutTheirEnd) {
  EXPECT_THAT(kernel_.Read("/proc/sys/kernel/ostype"), ::copycost::testing::IsOk());
  EXPECT_EQ(*kernel_.Read("/proc/sys/kernel/ostype"), "Linux");
  EXPECT_THAT(kernel_.Read("/proc/sys/none"), StatusIs(absl::StatusCode::kNotFound, _));
}

TEST_F(RealKernelTest, TheInterfaceOfLoopbackIsLoopback) {
  const auto interface = kernel_.InterfaceOf("127.0.0.1");
  ASSERT_OK(interface);
  EXPECT_EQ(interface->driver(), "loopback");
  kernel_.TryToSetLink(*interface).IgnoreError();
  EXPECT_EQ(kernel_.InterfaceOf("127.0.0.1")->mtu(), interface->mtu());
  EXPECT_FALSE(kernel_.InterfaceOf("192.0.2.1").ok());
}

TEST_F(RealKernelTest, AnUnknownCongestionControlIsRefused) {
  EXPECT_OK(kernel_.SetCongestion("reno"));
  EXPECT_THAT(kernel_.SetCongestion("no-such-cc"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no-such-cc")));
}

TEST_F(RealKernelTest, ACounterCountsOrSaysWhyNot) {
  const auto counted = kernel_.Count("task-clock:u", CounterTarget::ThisThread());
  if (!counted.ok()) GTEST_SKIP() << counted.status();
  EXPECT_GT(counted->value, 0u);
}

}  // namespace
}  // namespace copycost
