#include "agent/checks/checks.h"
#include "common/page_size.h"
#include "tests/testing/check_matchers.h"
#include "tests/testing/fake_kernel.h"

namespace copycost {
namespace {

using ::copycost::testing::FakeKernel;
using ::copycost::testing::Named;
using ::copycost::testing::Says;
using ::testing::_;
using ::testing::AllOf;
using ::testing::HasSubstr;

class MemoryChecksTest : public ::testing::Test {
 protected:
  v1::Check Check(const std::string& name) { return Named(name, MemoryChecks(kernel_)); }

  FakeKernel kernel_;
};

TEST_F(MemoryChecksTest, AHostWithoutLimitsHasAll) {
  for (const v1::Check& check : MemoryChecks(kernel_)) {
    EXPECT_THAT(check, Says(v1::CHECK_STATE_OK, _, ""));
  }
}

TEST_F(MemoryChecksTest, LockedMemoryIsToldInRings) {
  if (PageBytes() != 4096) GTEST_SKIP() << "the figures are those of 4 KiB pages";
  kernel_.locked_memory = 8 << 20;  // 113 sends of 18 pages
  EXPECT_THAT(
      Check("locked memory"),
      Says(v1::CHECK_STATE_LIMITED,
           AllOf(HasSubstr("ring of 64 with 1 thread"), HasSubstr("of 14 with 8 threads")),
           AllOf(HasSubstr("prlimit --pid $$ --memlock=unlimited"), HasSubstr("LimitMEMLOCK"))));
  kernel_.locked_memory = 1 << 20;
  EXPECT_THAT(Check("locked memory").found(), HasSubstr("of 14 with 1 thread and none with 8"));
  kernel_.locked_memory = 64 << 20;
  EXPECT_THAT(Check("locked memory"), Says(v1::CHECK_STATE_OK, _, ""));
}

TEST_F(MemoryChecksTest, TooLittleForTwoSmallSendsIsNoZeroCopyAtAll) {
  kernel_.locked_memory = 2 * 3 * PageBytes();
  EXPECT_THAT(Check("locked memory"),
              Says(v1::CHECK_STATE_LIMITED, HasSubstr("too little for messages of 64K"), _));
  --*kernel_.locked_memory;
  EXPECT_THAT(Check("locked memory"), Says(v1::CHECK_STATE_MISSING, _, HasSubstr("memlock")));
}

TEST_F(MemoryChecksTest, OptionMemoryBelowTheNewDefaultIsRaised) {
  kernel_.files["/proc/sys/net/core/optmem_max"] = "20480";
  EXPECT_THAT(Check("option memory"), Says(v1::CHECK_STATE_LIMITED, HasSubstr("20480"),
                                           "sudo sysctl -w net.core.optmem_max=131072"));
}

TEST_F(MemoryChecksTest, OptionMemoryMayNotBeTold) {
  kernel_.files.erase("/proc/sys/net/core/optmem_max");
  EXPECT_THAT(Check("option memory"), Says(v1::CHECK_STATE_LIMITED, HasSubstr("does not tell"), _));
}

TEST_F(MemoryChecksTest, LittleMemoryLimits) {
  kernel_.available_memory = uint64_t{1} << 30;
  EXPECT_THAT(Check("available memory"), Says(v1::CHECK_STATE_LIMITED, HasSubstr("1.0 GiB"), _));
  kernel_.available_memory = absl::InternalError("/proc/meminfo tells no MemAvailable");
  EXPECT_THAT(Check("available memory"), Says(v1::CHECK_STATE_MISSING, HasSubstr("meminfo"), _));
}

TEST_F(MemoryChecksTest, FewOpenFilesLimit) {
  kernel_.open_files = 256;
  EXPECT_THAT(Check("open files"),
              Says(v1::CHECK_STATE_LIMITED, HasSubstr("256"), HasSubstr("--nofile=")));
}

}  // namespace
}  // namespace copycost
