#include "agent/checks/checks.h"
#include "tests/testing/check_matchers.h"
#include "tests/testing/fake_kernel.h"

namespace copycost {
namespace {

using ::copycost::testing::FakeKernel;
using ::copycost::testing::Named;
using ::copycost::testing::Says;
using ::testing::_;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;

class CpuChecksTest : public ::testing::Test {
 protected:
  v1::Check Check(const std::string& name) { return Named(name, CpuChecks(kernel_)); }

  FakeKernel kernel_;
};

TEST_F(CpuChecksTest, CpusAreToldInRanges) {
  kernel_.cpus = {0, 2, 3, 4, 8, 9};
  EXPECT_THAT(Check("CPUs"), Says(v1::CHECK_STATE_OK, EndsWith("CPUs 0,2-4,8-9"), ""));
}

TEST_F(CpuChecksTest, OneCpuIsSharedByAll) {
  kernel_.cpus = {5};
  EXPECT_THAT(Check("CPUs"),
              Says(v1::CHECK_STATE_LIMITED, HasSubstr("only CPU 5"), HasSubstr("cpuset")));
}

TEST_F(CpuChecksTest, EveryCpuIsTried) {
  kernel_.refused_cpu = 3;
  EXPECT_THAT(Check("CPUs"),
              Says(v1::CHECK_STATE_MISSING, "bind: refused", HasSubstr("sched_setaffinity")));
}

TEST_F(CpuChecksTest, WithoutRealTimePriorityWindowsMayBeLate) {
  kernel_.real_time = absl::PermissionDeniedError("sched_setscheduler: not permitted");
  EXPECT_THAT(Check("priority"),
              Says(v1::CHECK_STATE_LIMITED,
                   AllOf(HasSubstr("not permitted"), HasSubstr("a short slice is granted")),
                   AllOf(HasSubstr("--rtprio=1"), HasSubstr("CAP_SYS_NICE"))));
  kernel_.slice = absl::FailedPreconditionError("no slices");
  EXPECT_THAT(Check("priority").found(), HasSubstr("no short slice"));
}

}  // namespace
}  // namespace copycost
