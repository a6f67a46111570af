// Matchers for v1::Check.
//   EXPECT_THAT(Named("IPv6", checks), Says(v1::CHECK_STATE_MISSING, HasSubstr(...), HasSubstr()));
#ifndef COPYCOST_TESTS_TESTING_CHECK_MATCHERS_H_
#define COPYCOST_TESTS_TESTING_CHECK_MATCHERS_H_

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "copycost/v1/diagnosis.pb.h"

namespace copycost::testing {

// The first check of that name; one without a state where there is none.
inline v1::Check Named(const std::string& name, const std::vector<v1::Check>& checks) {
  for (const v1::Check& check : checks) {
    if (check.name() == name) return check;
  }
  return {};
}

MATCHER_P3(Says, state, found, remedy, "has the state, and matching words") {
  *result_listener << arg.ShortDebugString();
  return arg.state() == state && ::testing::Matches(found)(arg.found()) &&
         ::testing::Matches(remedy)(arg.remedy());
}

}  // namespace copycost::testing

#endif  // COPYCOST_TESTS_TESTING_CHECK_MATCHERS_H_
