#include "coordinator/experiment/resolve.h"

#include <google/protobuf/util/message_differencer.h>

#include "absl/strings/str_cat.h"
#include "coordinator/experiment/plan.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::kInvalid;
using ::copycost::testing::StatusIs;
using ::google::protobuf::util::MessageDifferencer;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

absl::StatusOr<LoadedExperiment> Resolved(absl::string_view text) {
  absl::StatusOr<LoadedExperiment> loaded = ParseExperiment(text, "f");
  if (!loaded.ok()) return loaded;
  const absl::Status status = Resolve(*loaded);
  if (!status.ok()) return status;
  return loaded;
}

absl::Status ResolveWithFlag(absl::string_view axis, const std::string& value) {
  LoadedExperiment loaded;
  loaded.SetAxis(*FindAxis(axis), {value}, absl::StrCat("--", FindAxis(axis)->flag));
  return Resolve(loaded);
}

TEST(ResolveTest, CompletesAnEmptyExperiment) {
  const auto loaded = Resolved("");
  ASSERT_OK(loaded);
  const v1::Experiment& experiment = loaded->experiment;
  EXPECT_EQ(experiment.name(), "experiment");
  EXPECT_EQ(experiment.warmup(), "200ms");
  EXPECT_EQ(experiment.window(), "600ms");
  EXPECT_EQ(experiment.repeats(), 8u);
  EXPECT_EQ(experiment.topology(), "namespaces");
  EXPECT_TRUE(experiment.has_seed());
  EXPECT_THAT(experiment.matrix().message_bytes(), ElementsAre("4K", "64K"));
  EXPECT_THAT(experiment.matrix().ring_depth(), ElementsAre("auto"));
  EXPECT_FALSE(loaded->Named("message_bytes"));
}

TEST(ResolveTest, DrawsAnotherSeedEachTimeAndKeepsAGivenOne) {
  EXPECT_NE(Resolved("")->experiment.seed(), Resolved("")->experiment.seed());
  EXPECT_EQ(Resolved("seed: 0")->experiment.seed(), 0u);
}

TEST(ResolveTest, WritesEveryValueInItsShortestForm) {
  const auto loaded = Resolved(
      "matrix { message_bytes: '4096, 8k..16K' ring_depth: '0' }"
      "warmup: '0s' window: '1000ms'");
  ASSERT_OK(loaded);
  const v1::Experiment& experiment = loaded->experiment;
  EXPECT_THAT(experiment.matrix().message_bytes(), ElementsAre("4K", "8K", "16K"));
  EXPECT_THAT(experiment.matrix().ring_depth(), ElementsAre("auto"));
  EXPECT_EQ(experiment.warmup(), "0s");
  EXPECT_EQ(experiment.window(), "1s");
}

TEST(ResolveTest, WhatIsWrittenLoadsAsTheSamePlan) {
  const auto loaded = Resolved(
      "name: 'again' warmup: '0s' window: '100.0000005ms' repeats: 3\n"
      "matrix { send_mode: 'two-copy,two-copy' message_bytes: '1K..4K,4096' threads: '1,2' }");
  ASSERT_OK(loaded);
  const auto again = Resolved(ExperimentText(loaded->experiment));
  ASSERT_OK(again);
  EXPECT_EQ(ExperimentText(again->experiment), ExperimentText(loaded->experiment));
  EXPECT_TRUE(MessageDifferencer::Equals(*MakePlan(*again, {}), *MakePlan(*loaded, {})));
}

TEST(ResolveTest, ResolvingTwiceChangesNothing) {
  auto loaded = Resolved("matrix { message_bytes: '4K,8K' threads: '1' threads: '2' }");
  ASSERT_OK(loaded);
  const LoadedExperiment once = *loaded;
  ASSERT_OK(Resolve(*loaded));
  EXPECT_TRUE(MessageDifferencer::Equals(loaded->experiment, once.experiment));
  EXPECT_EQ(loaded->places, once.places);
}

TEST(ResolveTest, ErrorsInAFilesValuesTellLineAndColumn) {
  EXPECT_THAT(Resolved("matrix {\n  message_bytes: '4K'\n  message_bytes: '1Q'\n}"),
              StatusIs(kInvalid, AllOf(StartsWith("f:3:3: message_bytes: "), HasSubstr("'1Q'"))));
  EXPECT_THAT(Resolved("\nwindow: 'fast'"),
              StatusIs(kInvalid, AllOf(StartsWith("f:2:1: window: "), HasSubstr("'fast'"))));
  EXPECT_THAT(Resolved("matrix { threads: '0' }"),
              StatusIs(kInvalid, StartsWith("f:1:10: threads: ")));
  EXPECT_THAT(Resolved("matrix { send_mode: 'nope' }"),
              StatusIs(kInvalid, AllOf(StartsWith("f:1:10: send_mode: "), HasSubstr("zero-copy"))));
}

TEST(ResolveTest, ErrorsInFlagsNameTheFlag) {
  EXPECT_THAT(ResolveWithFlag("message_bytes", "1Q"), StatusIs(kInvalid, StartsWith("--sizes: ")));
  EXPECT_THAT(ResolveWithFlag("threads", "4,"), StatusIs(kInvalid, StartsWith("--threads: ")));
}

TEST(ResolveTest, RefusesValuesOutOfRange) {
  for (const char* text :
       {"window: '99ms'", "window: '601s'", "window: ''", "window: '600'", "warmup: '61s'",
        "warmup: '-1s'", "repeats: 0", "repeats: 100001", "topology: 'moon'", "topology: ''",
        "name: ''", "name: '../up'", "name: 'a b'"}) {
    EXPECT_THAT(Resolved(text), StatusIs(kInvalid, StartsWith("f:1:1: "))) << text;
  }
  EXPECT_THAT(Resolved(absl::StrCat("name: '", std::string(65, 'x'), "'")),
              StatusIs(kInvalid, HasSubstr("1 to 64")));
  EXPECT_OK(Resolved(absl::StrCat("name: '", std::string(64, 'x'), "'")));
  EXPECT_OK(Resolved("window: '100ms' warmup: '60s' repeats: 100000"));
  EXPECT_OK(Resolved("window: '10m'"));
}

TEST(ResolveTest, RefusesSizesThatFieldsDoNotDivide) {
  EXPECT_THAT(Resolved("matrix { message_bytes: '1000' fields: '7' }"),
              StatusIs(kInvalid, AllOf(StartsWith("f:1:10: message_bytes: "),
                                       HasSubstr("1000 bytes cannot be split into 7 equal fields; "
                                                 "use --fields 8, or sizes such as 994 or 1001"))));
}

TEST(ResolveTest, BlamesTheAxisThatWasNamed) {
  EXPECT_THAT(ResolveWithFlag("message_bytes", "1001"),
              StatusIs(kInvalid, StartsWith("--sizes: 1001 bytes")));
  EXPECT_THAT(ResolveWithFlag("fields", "7"),
              StatusIs(kInvalid, StartsWith("--fields: 4096 bytes")));
}

TEST(ResolveTest, SuggestsOnlySizesAndFieldsThatExist) {
  EXPECT_THAT(ResolveWithFlag("message_bytes", "4"),
              StatusIs(kInvalid, HasSubstr("use --fields 4, or sizes such as 8")));
  LoadedExperiment loaded;
  loaded.SetAxis(*FindAxis("message_bytes"), {"64M"}, "--sizes");
  loaded.SetAxis(*FindAxis("fields"), {"1023"}, "--fields");
  EXPECT_THAT(Resolve(loaded),
              StatusIs(kInvalid, HasSubstr("use --fields 1024, or sizes such as 67108800")));
}

TEST(ResolveTest, VerifyStandsOnBothSidesAlone) {
  EXPECT_OK(Resolved("matrix { touch: 'verify' read: 'verify' }"));
  EXPECT_THAT(Resolved("matrix { touch: 'verify' }"),
              StatusIs(kInvalid, AllOf(StartsWith("f:1:10: touch: "), HasSubstr("--read verify"))));
  EXPECT_THAT(Resolved("matrix { read: 'verify' }"),
              StatusIs(kInvalid, StartsWith("f:1:10: read: ")));
  EXPECT_THAT(Resolved("matrix { touch: 'verify,none' read: 'verify,none' }"),
              StatusIs(kInvalid, HasSubstr("no other value beside it")));
}

TEST(ResolveTest, PacedNeedsARate) {
  EXPECT_OK(Resolved("matrix { pattern: 'paced' rate: '1000' }"));
  EXPECT_THAT(Resolved("matrix { pattern: 'paced' }"),
              StatusIs(kInvalid, AllOf(StartsWith("f:1:10: pattern: paced needs a rate"),
                                       HasSubstr("--rate 1000"))));
  EXPECT_THAT(ResolveWithFlag("pattern", "rr,paced"),
              StatusIs(kInvalid, AllOf(StartsWith("--pattern: "), HasSubstr("--rate"))));
  EXPECT_THAT(Resolved("matrix { pattern: 'paced' rate: '10,none' }"),
              StatusIs(kInvalid, StartsWith("f:1:27: rate: paced needs a rate")));
}

TEST(ResolveTest, ResponsesAndARateWithoutAPatternThatHasThemAreRefused) {
  EXPECT_THAT(ResolveWithFlag("rate", "1000"),
              StatusIs(kInvalid, AllOf(StartsWith("--rate: "), HasSubstr("--pattern paced"))));
  EXPECT_THAT(
      ResolveWithFlag("response_bytes", "64"),
      StatusIs(kInvalid, AllOf(StartsWith("--response-size: "), HasSubstr("--pattern rr"))));
  EXPECT_THAT(Resolved("matrix { pattern: 'rr' rate: '5' }"),
              StatusIs(kInvalid, HasSubstr("no pattern of this experiment has a rate")));
  EXPECT_OK(Resolved("matrix { pattern: 'stream,paced' rate: '5' response_bytes: '64' }"));
}

TEST(ResolveTest, FieldsDivideResponsesToo) {
  EXPECT_THAT(Resolved("matrix { pattern: 'rr' response_bytes: '100' }"),
              StatusIs(kInvalid, AllOf(StartsWith("f:1:24: response_bytes: "),
                                       HasSubstr("100 bytes cannot be split into 8"))));
  EXPECT_OK(Resolved("matrix { pattern: 'rr' response_bytes: 'same,64' }"));
}

TEST(ResolveTest, RefusesAMatrixOfTooManyCells) {
  std::string ones = "1";
  for (int i = 1; i < 64; ++i) ones += ",1";
  EXPECT_THAT(Resolved(absl::StrCat("matrix { threads: '", ones, "' ring_depth: '", ones,
                                    "' fields: '", ones, "' }")),
              StatusIs(kInvalid, AllOf(HasSubstr("more than 100000 cells"),
                                       HasSubstr("f:1:10: threads has 64"))));
}

TEST(ResolveTest, AnAxisHasAtMost64ValuesHoweverTheyAreListed) {
  std::string text = "matrix {";
  for (int i = 0; i < 33; ++i) text += " threads: '1,2'";
  EXPECT_THAT(Resolved(text + "}"), StatusIs(kInvalid, HasSubstr("more than 64")));
}

TEST(ResolveTest, EventsAreListedOneByOne) {
  EXPECT_EQ(Resolved("")->experiment.events_size(), 11);
  EXPECT_THAT(Resolved("events: 'cycles, branches' events: 'a:b'")->experiment.events(),
              ElementsAre("cycles", "branches", "a:b"));
  EXPECT_THAT(Resolved("events: 'none'")->experiment.events(), ElementsAre("none"));
}

TEST(ResolveTest, RefusesEventsThatCannotBeColumns) {
  EXPECT_THAT(Resolved("events: 'cycles,cycles'").status(),
              StatusIs(kInvalid, HasSubstr("f:1:1: events: cycles is named twice")));
  EXPECT_THAT(Resolved("events: 'a:b,a_b'").status(),
              StatusIs(kInvalid, HasSubstr("a_b would share the column sender_a_b with a:b")));
  EXPECT_THAT(Resolved("events: 'cycles,cycles:user'").status(),
              StatusIs(kInvalid, HasSubstr("column sender_cycles_user with cycles")));
  EXPECT_THAT(Resolved("events: 'Page-Faults,page-faults'").status(),
              StatusIs(kInvalid, HasSubstr("with Page-Faults")));
  EXPECT_THAT(Resolved("events: 'cpu-ns-per-byte'").status(),
              StatusIs(kInvalid, HasSubstr("with what is measured anyway")));
  EXPECT_THAT(Resolved("events: 'cycles,'").status(), StatusIs(kInvalid, HasSubstr("no name")));
  EXPECT_THAT(Resolved("events: 'none,cycles'").status(),
              StatusIs(kInvalid, HasSubstr("'none' stands alone")));
  std::string many = "events: '";
  for (int i = 0; i <= 64; ++i) absl::StrAppend(&many, i == 0 ? "" : ",", "e", i);
  EXPECT_THAT(Resolved(many + "'").status(),
              StatusIs(kInvalid, HasSubstr("65 events; at most 64")));
}

TEST(ResolveTest, WhatOnlyANetworkHasIsRefusedWhereEveryTransportIsLocal) {
  for (const char* axis :
       {"ip_version: '6'", "congestion: 'bbr'", "mtu: '9000'", "pacing_bits_per_s: '1G'"}) {
    EXPECT_THAT(Resolved(absl::StrCat("matrix { transport: 'unix' ", axis, " }")),
                StatusIs(kInvalid, HasSubstr("unix has no part in it; add --transport tcp")))
        << axis;
    EXPECT_OK(Resolved(absl::StrCat("matrix { transport: 'unix,tcp' ", axis, " }")));
  }
  EXPECT_OK(Resolved("matrix { transport: 'unix' }"));
}

}  // namespace
}  // namespace copycost
