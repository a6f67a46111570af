#include "coordinator/cli/experiment_flags.h"

#include <CLI/CLI.hpp>

#include "coordinator/cli/command_line.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::kInvalid;
using ::copycost::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

absl::StatusOr<std::string> Parse(CLI::App& app, std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), {"copycost", "run"});
  return ParseCommandLine(app, static_cast<int>(arguments.size()), arguments.data());
}

absl::StatusOr<LoadedExperiment> RunFlags(std::vector<const char*> arguments) {
  CLI::App app("copycost", "copycost");
  ExperimentFlags flags(*app.add_subcommand("run"));
  const absl::StatusOr<std::string> answer = Parse(app, std::move(arguments));
  if (!answer.ok()) return answer.status();
  return flags.Load(v1::TOPOLOGY_KIND_NAMESPACES);
}

TEST(ExperimentFlagsTest, WithoutAnyTheDefaultPresetIsMeant) {
  const auto loaded = RunFlags({});
  ASSERT_OK(loaded);
  EXPECT_EQ(loaded->experiment.name(), "quick");
  EXPECT_TRUE(loaded->places.empty());
}

TEST(ExperimentFlagsTest, FlagsAreLaidOverThePreset) {
  const auto loaded = RunFlags({"classic", "-l", "1K..4K", "-t", "1s", "--warmup=0s", "--repeats",
                                "10", "--seed", "18446744073709551615", "--name", "mine",
                                "--topology", "namespaces", "-m", "zero-copy"});
  ASSERT_OK(loaded);
  const v1::Experiment& experiment = loaded->experiment;
  EXPECT_THAT(experiment.matrix().message_bytes(), ElementsAre("1K", "2K", "4K"));
  EXPECT_THAT(experiment.matrix().send_mode(), ElementsAre("zero-copy"));
  EXPECT_THAT(experiment.matrix().threads(), ElementsAre("1", "2", "4", "8"));
  EXPECT_EQ(experiment.window(), "1s");
  EXPECT_EQ(experiment.warmup(), "0s");
  EXPECT_EQ(experiment.repeats(), 10u);
  EXPECT_EQ(experiment.seed(), 18446744073709551615u);
  EXPECT_EQ(experiment.name(), "mine");
  EXPECT_TRUE(loaded->Named("send_mode"));
  EXPECT_FALSE(loaded->Named("threads"));
}

// Which modes meet which is the experiment's affair until someone says it.
TEST(ExperimentFlagsTest, WhoNamesModesMeansEachPairOfThem) {
  EXPECT_THAT(RunFlags({"full"})->experiment.crossed(),
              ElementsAre("two-copy", "zero-copy", "sendfile"));
  EXPECT_THAT(RunFlags({"full", "--sizes", "4K"})->experiment.crossed(), SizeIs(3));
  EXPECT_THAT(RunFlags({"full", "--all-pairs"})->experiment.crossed(), IsEmpty());
  EXPECT_THAT(RunFlags({"full", "--send", "writev"})->experiment.crossed(), IsEmpty());
  EXPECT_THAT(RunFlags({"full", "--receive", "mapped"})->experiment.crossed(), IsEmpty());
}

TEST(ExperimentFlagsTest, EveryAxisHasItsFlag) {
  for (const AxisField& axis : Axes()) {
    const std::string flag = "--" + axis.flag;
    // Touch and read keep their defaults, which go together.
    const auto loaded = RunFlags({flag.c_str(), axis.default_values.c_str()});
    ASSERT_OK(loaded) << flag;
    EXPECT_EQ(loaded->PlaceOf(axis.name), flag);
  }
}

TEST(ExperimentFlagsTest, ALedgerIsAskedForWithItsRateOrWithout) {
  EXPECT_FALSE(RunFlags({})->experiment.has_ledger_hz());
  EXPECT_EQ(RunFlags({"--ledger"})->experiment.ledger_hz(), 199u);
  EXPECT_EQ(RunFlags({"--ledger", "--ledger-hz", "499"})->experiment.ledger_hz(), 499u);
  EXPECT_EQ(RunFlags({"--ledger-hz", "4999"})->experiment.ledger_hz(), 4999u);
  for (const char* hz : {"0", "5000", "99999999999", "x"}) {
    EXPECT_THAT(RunFlags({"--ledger-hz", hz}).status(),
                StatusIs(kInvalid, StartsWith("--ledger-hz: ")))
        << hz;
  }
}

TEST(ExperimentFlagsTest, AFlagTakesOneValueAndMayBeRepeated) {
  const auto loaded = RunFlags({"-m", "two-copy", "-m", "zero-copy", "classic"});
  ASSERT_OK(loaded);
  EXPECT_EQ(loaded->experiment.name(), "classic");
  EXPECT_THAT(loaded->experiment.matrix().send_mode(), ElementsAre("two-copy", "zero-copy"));
}

TEST(ExperimentFlagsTest, ErrorsNameTheFlagAndTheRemedy) {
  EXPECT_THAT(RunFlags({"--repeats", "0"}),
              StatusIs(kInvalid, AllOf(StartsWith("--repeats: "), HasSubstr("1 to 100000"))));
  EXPECT_THAT(RunFlags({"--repeats", "9999999999"}),
              StatusIs(kInvalid, AllOf(StartsWith("--repeats: "), HasSubstr("1 to 100000"))));
  EXPECT_THAT(RunFlags({"--repeats", "ten"}), StatusIs(kInvalid, StartsWith("--repeats: 'ten'")));
  EXPECT_THAT(RunFlags({"-P", "0"}),
              StatusIs(kInvalid, AllOf(StartsWith("--threads: "), HasSubstr("at least 1"))));
  EXPECT_THAT(RunFlags({"--sizes", "1Q"}),
              StatusIs(kInvalid, AllOf(StartsWith("--sizes: '1Q'"), HasSubstr("K, M, G"))));
  EXPECT_THAT(RunFlags({"--sizes", "1000", "--fields", "7"}),
              StatusIs(kInvalid, StartsWith("--sizes: 1000 bytes cannot be split into 7")));
  EXPECT_THAT(RunFlags({"--sizes", ""}), StatusIs(kInvalid, HasSubstr("--sizes: ")));
  EXPECT_THAT(RunFlags({"--send", "nope"}),
              StatusIs(kInvalid, AllOf(StartsWith("--send: 'nope'"), HasSubstr("zero-copy"))));
  EXPECT_THAT(RunFlags({"--topology", "moon"}),
              StatusIs(kInvalid, AllOf(StartsWith("--topology: "), HasSubstr("namespaces"))));
  EXPECT_THAT(RunFlags({"--seed", "-1"}), StatusIs(kInvalid, HasSubstr("--seed")));
  EXPECT_THAT(RunFlags({"-t", "fast"}), StatusIs(kInvalid, StartsWith("--duration: 'fast'")));
  EXPECT_THAT(RunFlags({"--warmup", "61s"}), StatusIs(kInvalid, StartsWith("--warmup: ")));
  EXPECT_THAT(RunFlags({"--name", "a/b"}), StatusIs(kInvalid, StartsWith("--name: ")));
  EXPECT_THAT(RunFlags({"--touch", "verify"}), StatusIs(kInvalid, StartsWith("--touch: ")));
}

TEST(ExperimentFlagsTest, ErrorsOfTheCommandLineItselfNameTheFlag) {
  EXPECT_THAT(RunFlags({"--bogus", "1"}), StatusIs(kInvalid, HasSubstr("--bogus")));
  EXPECT_THAT(RunFlags({"--threads"}), StatusIs(kInvalid, HasSubstr("--threads")));
  EXPECT_THAT(RunFlags({"-t", "1s", "-t", "2s"}), StatusIs(kInvalid, HasSubstr("--duration")));
  EXPECT_THAT(RunFlags({"quick", "classic"}), StatusIs(kInvalid, HasSubstr("classic")));
}

TEST(ExperimentFlagsTest, UnknownPresetsAreAnsweredWithTheKnownOnes) {
  EXPECT_THAT(RunFlags({"quik"}), StatusIs(kInvalid, HasSubstr("quick, classic, full")));
}

TEST(ExperimentFlagsTest, HelpIsTextToPrintAndShowsTheWordsOfEachAxis) {
  CLI::App app("copycost", "copycost");
  ExperimentFlags flags(*app.add_subcommand("run"));
  const auto help = Parse(app, {"--help"});
  ASSERT_OK(help);
  EXPECT_THAT(*help, AllOf(HasSubstr("PRESET|FILE"), HasSubstr("-m,--send"),
                           HasSubstr("two-copy,one-copy,zero-copy"), HasSubstr("-l,--sizes")));
}

}  // namespace
}  // namespace copycost
