#include "common/events.h"

#include <string>

#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::StatusIs;
using ::testing::HasSubstr;

TEST(EventsTest, NamesAreWordsOfPrintableCharacters) {
  for (const char* name : {"cycles", "skl::UOPS_ISSUED:ANY:c=1", "sched:sched_switch", "r01b1"}) {
    EXPECT_OK(CheckEventName(name)) << name;
  }
  for (const std::string& name :
       {std::string(), std::string("a b"), std::string("a,b"), std::string(":::"),
        std::string("a\n"), std::string("a\0b", 3), std::string(129, 'a'),
        std::string("\xff"
                    "a")}) {
    EXPECT_THAT(CheckEventName(name),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("is no name of an event")));
  }
}

TEST(EventsTest, TheDefaultOnesAreNames) {
  for (const absl::string_view name : kDefaultEvents) EXPECT_OK(CheckEventName(name));
  EXPECT_TRUE(IsKernelsOwn("page-faults"));
  EXPECT_FALSE(IsKernelsOwn("cycles"));
}

}  // namespace
}  // namespace copycost
