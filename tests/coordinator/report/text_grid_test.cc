#include "coordinator/report/text_grid.h"

#include "tests/testing/status_matchers.h"

namespace copycost::report {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<GridColumn> Columns() {
  return {{"mode", "", false, 0, {"two-copy", "zero-copy"}},
          {"goodput", "Gbit/s", true, 0, {"23.4", "9.81"}},
          {"n", "", true, 1, {"8", "10"}},
          {"host CPU", "ns/B", true, 2, {"0.4", "n/a (1)"}}};
}

TEST(TextGridTest, AlignsColumnsUnderTheirHeadings) {
  EXPECT_EQ(LayOut(Columns(), 80).text,
            "mode       goodput   n  host CPU\n"
            "            Gbit/s          ns/B\n"
            "two-copy      23.4   8       0.4\n"
            "zero-copy     9.81  10   n/a (1)\n");
}

TEST(TextGridTest, DropsTheLeastImportantColumnsFirst) {
  EXPECT_THAT(LayOut(Columns(), 32).dropped, IsEmpty());
  EXPECT_THAT(LayOut(Columns(), 31).dropped, ElementsAre("n"));
  EXPECT_THAT(LayOut(Columns(), 20).dropped, ElementsAre("n", "host CPU"));
  EXPECT_EQ(LayOut(Columns(), 20).text,
            "mode       goodput\n"
            "            Gbit/s\n"
            "two-copy      23.4\n"
            "zero-copy     9.81\n");
}

TEST(TextGridTest, StacksRowsWhenNothingMoreMayBeDropped) {
  const Grid grid = LayOut(Columns(), 16);
  EXPECT_EQ(grid.text,
            "mode two-copy\n"
            "  goodput\n"
            "    (Gbit/s)\n"
            "    23.4\n"
            "  n 8\n"
            "  host CPU\n"
            "    (ns/B) 0.4\n"
            "mode zero-copy\n"
            "  goodput\n"
            "    (Gbit/s)\n"
            "    9.81\n"
            "  n 10\n"
            "  host CPU\n"
            "    (ns/B) n/a\n"
            "    (1)\n");
  EXPECT_THAT(grid.dropped, IsEmpty());
}

TEST(TextGridTest, ACellOfSeveralLinesGrowsItsRow) {
  EXPECT_EQ(
      LayOut({{"n", "", true, 0, {"8", "9"}}, {"flags", "", false, 0, {"a\nbb", "c"}}}, 80).text,
      "n  flags\n"
      "8  a\n"
      "   bb\n"
      "9  c\n");
}

TEST(TextGridTest, NoWidthBreaksIt) {
  for (size_t width = 0; width < 40; ++width) EXPECT_NE(LayOut(Columns(), width).text, "");
}

TEST(TextGridTest, WrapsAtSpacesAndNeverInsideAWord) {
  EXPECT_EQ(Wrap("one two three", 8, 2), "one two\n  three\n");
  EXPECT_EQ(Wrap("incomprehensible words", 5, 2), "incomprehensible\n  words\n");
  EXPECT_EQ(Wrap("", 5, 2), "\n");
}

}  // namespace
}  // namespace copycost::report
