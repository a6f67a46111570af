#include "common/build_info.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace copycost {
namespace {

using ::testing::MatchesRegex;

TEST(BuildInfoTest, TheBuildIdIsThatOfThisExecutable) {
  EXPECT_THAT(BuildId(), MatchesRegex("[0-9a-f]{40}"));  // --build-id: a SHA-1
}

TEST(BuildInfoTest, TheVersionHasThreeParts) {
  EXPECT_THAT(std::string(Version()), MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
}

}  // namespace
}  // namespace copycost
