#include "common/units.h"

#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::StatusIs;
using ::testing::HasSubstr;

TEST(UnitsTest, ReadsSizesWithBinarySuffixes) {
  EXPECT_EQ(*ParseBytes("1000"), 1000u);
  EXPECT_EQ(*ParseBytes("4K"), 4096u);
  EXPECT_EQ(*ParseBytes("1m"), 1u << 20);
  EXPECT_EQ(*ParseBytes("2G"), uint64_t{2} << 30);
}

TEST(UnitsTest, RefusesWhatIsNoSize) {
  for (const char* text :
       {"", "K", "-1", "+1", "1.5K", "4 K", "4KB", "99999999999999999999", "17179869184G"}) {
    EXPECT_THAT(ParseBytes(text),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("not a size")))
        << text;
  }
}

TEST(UnitsTest, WritesSizesInTheirShortestExactForm) {
  EXPECT_EQ(FormatBytes(0), "0");
  EXPECT_EQ(FormatBytes(1000), "1000");
  EXPECT_EQ(FormatBytes(65536), "64K");
  EXPECT_EQ(FormatBytes(3 << 20), "3M");
  EXPECT_EQ(FormatBytes((1 << 20) + 1024), "1025K");
}

TEST(UnitsTest, ReadsRatesWithDecimalSuffixes) {
  EXPECT_EQ(*ParseBitRate("800"), 800u);
  EXPECT_EQ(*ParseBitRate("64k"), 64'000u);
  EXPECT_EQ(*ParseBitRate("2500M"), 2'500'000'000u);
  EXPECT_EQ(*ParseBitRate("10G"), 10'000'000'000u);
  EXPECT_EQ(*ParseBitRate("1T"), 1'000'000'000'000u);
}

TEST(UnitsTest, RefusesWhatIsNoRate) {
  for (const char* text : {"", "G", "-1", "2.5G", "1 G", "1Gbit", "18446744073709551615K"}) {
    EXPECT_THAT(ParseBitRate(text),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("not a rate")))
        << text;
  }
}

TEST(UnitsTest, WritesRatesInTheirShortestExactForm) {
  EXPECT_EQ(FormatBitRate(0), "0");
  EXPECT_EQ(FormatBitRate(801), "801");
  EXPECT_EQ(FormatBitRate(2'500'000'000), "2500M");
  EXPECT_EQ(FormatBitRate(10'000'000'000), "10G");
}

TEST(UnitsTest, ReadsDurations) {
  EXPECT_EQ(*ParseDuration("600ms"), absl::Milliseconds(600));
  EXPECT_EQ(*ParseDuration("1.5s"), absl::Milliseconds(1500));
  EXPECT_EQ(*ParseDuration("0s"), absl::ZeroDuration());
}

TEST(UnitsTest, RefusesWhatIsNoDuration) {
  for (const char* text : {"", "600", "0", "-1s", "inf", "fast"}) {
    EXPECT_THAT(ParseDuration(text),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("not a duration")))
        << text;
  }
}

TEST(UnitsTest, WritesDurationsForPeople) {
  EXPECT_EQ(FormatRoughly(absl::Milliseconds(41400)), "41 s");
  EXPECT_EQ(FormatRoughly(absl::Seconds(240)), "4 min");
  EXPECT_EQ(FormatRoughly(absl::Seconds(250)), "4 min 10 s");
  EXPECT_EQ(FormatRoughly(absl::Seconds(7380)), "2 h 3 min");
}

}  // namespace
}  // namespace copycost
