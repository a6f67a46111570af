#include "agent/text_file.h"

#include <unistd.h>

#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(TextFileTest, IsReadWhole) {
  EXPECT_THAT(TextOf("/proc/self/status"), HasSubstr("\nVmRSS:"));
  EXPECT_EQ(TextOf("/proc/no-such-file"), "");
  EXPECT_EQ(TextOf("/proc"), "");
}

TEST(TextFileTest, ValuesAreFoundByTheirWholeKey) {
  const std::string text = "cpu MHz\t\t: 2100\nMemTotal: 5 kB\nMem: 6 kB\nMem: 7 kB\nno colon\n";
  EXPECT_EQ(ValueOf(text, "cpu MHz"), "2100");
  EXPECT_EQ(ValueOf(text, "Mem"), "6 kB");
  EXPECT_EQ(ValueOf(text, "no colon"), "");
  EXPECT_EQ(ValueOf(text, "none"), "");
}

TEST(TextFileTest, NamesAreThoseInADirectory) {
  EXPECT_THAT(NamesIn("/proc/self"), Contains("status"));
  EXPECT_THAT(NamesIn("/proc/self"), Not(Contains(".")));
  EXPECT_THAT(NamesIn("/proc/no-such-directory"), IsEmpty());
}

}  // namespace
}  // namespace copycost
