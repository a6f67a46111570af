#include "common/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace copycost {
namespace {

TEST(Utf8Test, KeepsWhatIsWellFormed) {
  for (const std::string text : {"", "plain", "r\xc3\xa9sum\xc3\xa9", "\xe2\x82\xac",
                                 "\xf0\x9f\x93\x88", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(ToUtf8(text), text);
  }
}

TEST(Utf8Test, EveryByteThatIsNotBecomesAQuestionMark) {
  EXPECT_EQ(ToUtf8("r\xe9sultats"), "r?sultats");
  EXPECT_EQ(ToUtf8("\xc0\xaf"), "??");            // overlong
  EXPECT_EQ(ToUtf8("\xed\xa0\x80"), "???");       // a surrogate
  EXPECT_EQ(ToUtf8("\xf4\x90\x80\x80"), "????");  // beyond U+10FFFF
  EXPECT_EQ(ToUtf8("cut \xe2\x82"), "cut ??");
  EXPECT_EQ(ToUtf8("\x80\xff"), "??");
}

}  // namespace
}  // namespace copycost
