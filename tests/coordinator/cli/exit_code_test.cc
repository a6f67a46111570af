#include "coordinator/cli/exit_code.h"

#include <gtest/gtest.h>

namespace copycost {
namespace {

TEST(ExitCodeTest, BadInputIsToldFromWhatCouldNotStart) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), 0);
  EXPECT_EQ(ExitCodeOf(absl::InvalidArgumentError("--sizes")), 2);
  EXPECT_EQ(ExitCodeOf(absl::FailedPreconditionError("memlock")), 3);
  EXPECT_EQ(ExitCodeOf(absl::ResourceExhaustedError("held")), 3);
}

}  // namespace
}  // namespace copycost
