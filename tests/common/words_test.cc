#include "common/words.h"

#include "copycost/v1/copy_mode.pb.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(WordsTest, EveryModeButUnspecifiedHasALabelAndADescription) {
  for (const auto* type : {v1::SendMode_descriptor(), v1::ReceiveMode_descriptor()}) {
    for (int i = 0; i < type->value_count(); ++i) {
      const int number = type->value(i)->number();
      if (number == 0) continue;
      EXPECT_NE(LabelOf(*type, number), "?") << type->value(i)->name();
      EXPECT_NE(DescriptionOf(*type, number), "") << type->value(i)->name();
    }
  }
}

TEST(WordsTest, LabelsReadBackAsTheirValues) {
  for (v1::SendMode mode : AllValues<v1::SendMode>()) {
    EXPECT_EQ(*NumberOf(*v1::SendMode_descriptor(), Label(mode)), mode);
  }
}

TEST(WordsTest, AnUnknownWordIsAnsweredWithTheKnownOnes) {
  EXPECT_THAT(NumberOf(*v1::SendMode_descriptor(), "no-copy"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("'no-copy'"), HasSubstr("two-copy, one-copy, zero-copy"))));
}

TEST(WordsTest, UnspecifiedHasNoWord) { EXPECT_EQ(Label(v1::SEND_MODE_UNSPECIFIED), "?"); }

}  // namespace
}  // namespace copycost
