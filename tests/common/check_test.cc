#include "common/check.h"

#include "tests/testing/check_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::Says;

TEST(CheckTest, WhatIsOkHasNoRemedy) {
  EXPECT_THAT(OkCheck("x", "works"), Says(v1::CHECK_STATE_OK, "works", ""));
}

TEST(CheckTest, AFailureEndsWithItsRemedy) {
  EXPECT_THAT(
      FailedCheck("x", v1::CHECK_STATE_MISSING,
                  absl::FailedPreconditionError("clone: no; run as root, or not; or so"), "else"),
      Says(v1::CHECK_STATE_MISSING, "clone: no", "run as root, or not; or so"));
}

TEST(CheckTest, AFailureThatNamesNoRemedyTakesTheOther) {
  EXPECT_THAT(FailedCheck("x", v1::CHECK_STATE_LIMITED, absl::InternalError("clone: no"), "else"),
              Says(v1::CHECK_STATE_LIMITED, "clone: no", "else"));
}

TEST(CheckTest, WordsFromOutsideBecomeUtf8) { EXPECT_EQ(OkCheck("x", "eth\xff").found(), "eth?"); }

}  // namespace
}  // namespace copycost
