// Matchers for absl::Status and StatusOr (Debian 12's Abseil has none).
//   ASSERT_OK(plan);  EXPECT_THAT(plan, StatusIs(absl::StatusCode::kNotFound,
//   HasSubstr("--sizes")));
#ifndef COPYCOST_TESTS_TESTING_STATUS_MATCHERS_H_
#define COPYCOST_TESTS_TESTING_STATUS_MATCHERS_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace copycost::testing {

inline const absl::Status& StatusOf(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& status_or) {
  return status_or.status();
}

MATCHER(IsOk, "is OK") {
  *result_listener << StatusOf(arg).ToString();
  return StatusOf(arg).ok();
}

MATCHER_P2(StatusIs, code, message, "has the code and a matching message") {
  *result_listener << StatusOf(arg).ToString();
  return StatusOf(arg).code() == code &&
         ::testing::Matches(message)(std::string(StatusOf(arg).message()));
}

// What most of what is typed wrongly is told.
inline constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

}  // namespace copycost::testing

#define ASSERT_OK(expression) ASSERT_THAT(expression, ::copycost::testing::IsOk())
#define EXPECT_OK(expression) EXPECT_THAT(expression, ::copycost::testing::IsOk())

#endif  // COPYCOST_TESTS_TESTING_STATUS_MATCHERS_H_
