#include "agent/checks/checks.h"
#include "tests/testing/check_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::Says;
using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(LimitChecksTest, AnAgentWithoutFlagsPermitsWhatTrialsAskFor) {
  EXPECT_THAT(LimitChecks(Limits())[0],
              Says(v1::CHECK_STATE_OK, AllOf(HasSubstr("1024 flows"), HasSubstr("15m")), ""));
}

TEST(LimitChecksTest, ARateIsKeptByPacing) {
  EXPECT_THAT(LimitChecks({.max_rate_bits_per_s = 1'000'000'000})[0],
              Says(v1::CHECK_STATE_LIMITED, HasSubstr("1G bit/s"), HasSubstr("--pacing 1G")));
}

TEST(LimitChecksTest, MemoryIsToldToo) {
  EXPECT_THAT(
      LimitChecks({.max_rate_bits_per_s = 8, .max_memory_bytes = 2 << 20})[0],
      Says(v1::CHECK_STATE_LIMITED, HasSubstr("2M of message buffers"),
           AllOf(HasSubstr("--pacing"), HasSubstr("fewer threads"), HasSubstr("other limits"))));
}

}  // namespace
}  // namespace copycost
