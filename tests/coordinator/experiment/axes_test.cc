#include "coordinator/experiment/axes.h"

#include <limits>
#include <set>

#include "copycost/v1/words.pb.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::kInvalid;
using ::copycost::testing::StatusIs;
using ::google::protobuf::FieldDescriptor;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const AxisField& Axis(absl::string_view name) { return *FindAxis(name); }

TEST(AxesTest, MatrixHasARepeatedStringOfTheSameNameAndNumberForEachAxisAndNothingElse) {
  EXPECT_EQ(static_cast<int>(Axes().size()), v1::Matrix::descriptor()->field_count());
  for (const AxisField& axis : Axes()) {
    ASSERT_NE(axis.values, nullptr) << axis.name;
    EXPECT_TRUE(axis.values->is_repeated()) << axis.name;
    EXPECT_EQ(axis.values->type(), FieldDescriptor::TYPE_STRING) << axis.name;
    EXPECT_EQ(axis.values->number(), axis.field->number()) << axis.name;
  }
}

TEST(AxesTest, AreInTheOrderOfFieldNumbersWithDistinctFlags) {
  int last = 0;
  std::set<std::string> flags;
  for (const AxisField& axis : Axes()) {
    EXPECT_GT(axis.field->number(), last);
    last = axis.field->number();
    EXPECT_NE(axis.help, "") << axis.name;
    EXPECT_TRUE(flags.insert(axis.flag).second) << axis.flag;
    if (axis.short_flag.empty()) continue;
    EXPECT_TRUE(flags.insert(axis.short_flag).second) << axis.flag;
  }
}

// Places of errors are kept by field name alone (LoadedExperiment::places).
TEST(AxesTest, ShareNoNameWithTheFieldsOfExperiment) {
  for (const AxisField& axis : Axes()) {
    EXPECT_EQ(v1::Experiment::descriptor()->FindFieldByName(axis.name), nullptr) << axis.name;
  }
}

TEST(AxesTest, MaximaFitTheirFields) {
  for (const AxisField& axis : Axes()) {
    if (axis.field->cpp_type() == FieldDescriptor::CPPTYPE_UINT32) {
      EXPECT_LE(axis.maximum, std::numeric_limits<uint32_t>::max()) << axis.name;
      EXPECT_GT(axis.maximum, 0u) << axis.name;
    }
  }
}

TEST(AxesTest, EveryDefaultReadsAndIsWrittenBackAsTyped) {
  for (const AxisField& axis : Axes()) {
    const auto words = ExpandAxis(axis, {axis.default_values});
    ASSERT_OK(words) << axis.name;
    for (const std::string& word : *words) {
      v1::Workload workload;
      ASSERT_OK(ApplyAxis(axis, word, workload)) << axis.name;
      EXPECT_EQ(AxisWord(axis, workload), word) << axis.name;
    }
  }
}

TEST(AxesTest, EveryWordOfAnEnumAxisReadsBack) {
  for (const AxisField& axis : Axes()) {
    for (const std::string& word : AxisVocabulary(axis)) {
      v1::Workload workload;
      ASSERT_OK(ApplyAxis(axis, word, workload)) << axis.name;
      EXPECT_EQ(AxisWord(axis, workload), word) << axis.name;
    }
  }
}

TEST(AxesTest, WritesNumbersInTheirShortestForm) {
  v1::Workload workload;
  ASSERT_OK(ApplyAxis(Axis("message_bytes"), "65536", workload));
  EXPECT_EQ(workload.message_bytes(), 65536u);
  EXPECT_EQ(AxisWord(Axis("message_bytes"), workload), "64K");
  ASSERT_OK(ApplyAxis(Axis("ring_depth"), "auto", workload));
  EXPECT_EQ(workload.ring_depth(), 0u);
  EXPECT_EQ(AxisWord(Axis("ring_depth"), workload), "auto");
}

TEST(AxesTest, SplitsListsAndTrimsTheirItems) {
  EXPECT_THAT(*ExpandAxis(Axis("send_mode"), {"two-copy, zero-copy ", "two-copy"}),
              ElementsAre("two-copy", "zero-copy", "two-copy"));
}

TEST(AxesTest, DoublesRanges) {
  EXPECT_THAT(*ExpandAxis(Axis("message_bytes"), {"1K..8K,1000"}),
              ElementsAre("1K", "2K", "4K", "8K", "1000"));
  EXPECT_THAT(*ExpandAxis(Axis("threads"), {"3..24"}), ElementsAre("3", "6", "12", "24"));
  EXPECT_THAT(*ExpandAxis(Axis("threads"), {"4..4"}), ElementsAre("4"));
}

TEST(AxesTest, RefusesRangesThatDoNotDouble) {
  for (const char* range : {"1K..60K", "64K..1K", "1K..3K"}) {
    EXPECT_THAT(ExpandAxis(Axis("message_bytes"), {range}),
                StatusIs(kInvalid, HasSubstr("times a power of two")))
        << range;
  }
  for (const char* range : {"..", "1K..", "..1K", "1K..2K..4K", "0..4K", "1K..1G"}) {
    EXPECT_THAT(ExpandAxis(Axis("message_bytes"), {range}), StatusIs(kInvalid, HasSubstr("'")))
        << range;
  }
  EXPECT_THAT(ExpandAxis(Axis("ring_depth"), {"auto..8"}),
              StatusIs(kInvalid, HasSubstr("8 is not auto times a power of two")));
}

TEST(AxesTest, RefusesEmptyItemsAndEndlessLists) {
  for (const char* list : {"", ",", "4K,", " ,4K"}) {
    EXPECT_THAT(ExpandAxis(Axis("message_bytes"), {list}), StatusIs(kInvalid, HasSubstr("empty")))
        << list;
  }
  EXPECT_OK(ExpandAxis(Axis("threads"), std::vector<std::string>(64, "1")));
  EXPECT_THAT(ExpandAxis(Axis("threads"), std::vector<std::string>(65, "1")),
              StatusIs(kInvalid, HasSubstr("more than 64")));
}

TEST(AxesTest, RefusesZeroWhereThereIsNoWordForIt) {
  v1::Workload workload;
  EXPECT_THAT(ApplyAxis(Axis("threads"), "0", workload),
              StatusIs(kInvalid, HasSubstr("at least 1")));
  EXPECT_THAT(ApplyAxis(Axis("message_bytes"), "0K", workload),
              StatusIs(kInvalid, HasSubstr("at least 1")));
  EXPECT_OK(ApplyAxis(Axis("ring_depth"), "0", workload));
}

TEST(AxesTest, RefusesNumbersOverTheMaximum) {
  v1::Workload workload;
  EXPECT_OK(ApplyAxis(Axis("message_bytes"), "64M", workload));
  EXPECT_THAT(ApplyAxis(Axis("message_bytes"), "65M", workload),
              StatusIs(kInvalid, HasSubstr("at most 64M")));
  EXPECT_THAT(ApplyAxis(Axis("threads"), "4294967297", workload),
              StatusIs(kInvalid, HasSubstr("at most 256")));
}

TEST(AxesTest, AnswersUnknownWordsWithTheKnownOnes) {
  v1::Workload workload;
  EXPECT_THAT(ApplyAxis(Axis("send_mode"), "nope", workload),
              StatusIs(kInvalid, AllOf(HasSubstr("'nope'"), HasSubstr("two-copy, one-copy"))));
}

TEST(AxesTest, RefusesWhatCannotNameACongestionControl) {
  v1::Workload workload;
  EXPECT_OK(ApplyAxis(Axis("congestion"), "dctcp", workload));
  for (const char* word : {"", "../etc", "a b", "sixteen-letters-"}) {
    EXPECT_THAT(ApplyAxis(Axis("congestion"), word, workload),
                StatusIs(kInvalid, HasSubstr("is no name")))
        << word;
  }
}

}  // namespace
}  // namespace copycost
