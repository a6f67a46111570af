#include "coordinator/experiment/load.h"

#include <cstdio>
#include <fstream>

#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::kInvalid;
using ::copycost::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A file that lives as long as the test.
class ScratchFile {
 public:
  explicit ScratchFile(absl::string_view content)
      : path_(::testing::TempDir() + "/copycost_" +
              ::testing::UnitTest::GetInstance()->current_test_info()->name() + ".textproto") {
    std::ofstream(path_) << content;
  }
  ~ScratchFile() { std::remove(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  const std::string path_;
};

TEST(LoadTest, ReadsAFileAndWhereEachOfItsValuesStands) {
  const auto loaded = ParseExperiment(
      "name: 'mine'\n"
      "matrix {\n"
      "  message_bytes: '4K'\n"
      "  message_bytes: '8K,16K'\n"
      "  threads: ['1', '2']\n"
      "}\n"
      "window: '1s'\n",
      "my.textproto");
  ASSERT_OK(loaded);
  EXPECT_EQ(loaded->experiment.name(), "mine");
  EXPECT_TRUE(loaded->Named("threads"));
  EXPECT_FALSE(loaded->Named("send_mode"));
  EXPECT_EQ(loaded->PlaceOf("window"), "my.textproto:7:1: window");
  EXPECT_EQ(loaded->PlaceOf("message_bytes", 0), "my.textproto:3:3: message_bytes");
  EXPECT_EQ(loaded->PlaceOf("message_bytes", 1), "my.textproto:4:3: message_bytes");
  // A list in brackets stands where it begins.
  EXPECT_EQ(loaded->PlaceOf("threads", 1), "my.textproto:5:3: threads");
}

TEST(LoadTest, PointsAtTheFieldWhenItsListsCannotBeToldApart) {
  const auto loaded = ParseExperiment(
      "matrix {\n"
      "  threads: ['1', '2']\n"
      "  threads: '0'\n"
      "}\n",
      "f");
  ASSERT_OK(loaded);
  EXPECT_EQ(loaded->PlaceOf("threads", 2), "f:2:3: threads");
}

TEST(LoadTest, ErrorsOfTheFormatTellFileLineAndColumn) {
  EXPECT_THAT(ParseExperiment("name: 'x'\nmatrixx {}\n", "f.textproto"),
              StatusIs(kInvalid, AllOf(StartsWith("f.textproto:2:"), HasSubstr("matrixx"))));
  EXPECT_THAT(ParseExperiment("repeats: -1", "f"), StatusIs(kInvalid, StartsWith("f:1:10: ")));
  EXPECT_THAT(ParseExperiment("topology: 9", "f"), StatusIs(kInvalid, StartsWith("f:1:11: ")));
  EXPECT_THAT(ParseExperiment("matrix {", "f"), StatusIs(kInvalid, StartsWith("f:1:")));
  EXPECT_THAT(ParseExperiment("seed: 1 seed: 2", "f"), StatusIs(kInvalid, HasSubstr("seed")));
}

TEST(LoadTest, AnEmptyFileNamesNothing) {
  const auto loaded = ParseExperiment("# nothing\nmatrix { threads: [] }", "f");
  ASSERT_OK(loaded);
  EXPECT_TRUE(loaded->places.empty());
}

TEST(LoadTest, NamesWithASlashOrTheExtensionAreFiles) {
  const ScratchFile file("name: 'from-file'");
  const auto loaded = LoadExperiment(file.path());
  ASSERT_OK(loaded);
  EXPECT_EQ(loaded->experiment.name(), "from-file");
  EXPECT_THAT(LoadExperiment("absent.textproto"),
              StatusIs(kInvalid, "open absent.textproto: No such file or directory"));
  EXPECT_THAT(LoadExperiment("./quick"), StatusIs(kInvalid, HasSubstr("No such file")));
}

TEST(LoadTest, RefusesDirectoriesAndHugeFiles) {
  EXPECT_THAT(LoadExperimentFile("/tmp"), StatusIs(kInvalid, "read /tmp: Is a directory"));
  EXPECT_THAT(LoadExperimentFile("/dev/zero"), StatusIs(kInvalid, HasSubstr("no regular file")));
  const std::string path = ::testing::TempDir() + "/huge.textproto";
  std::ofstream(path) << std::string((1 << 20) + 1, ' ');
  EXPECT_THAT(LoadExperimentFile(path), StatusIs(kInvalid, HasSubstr("over 1 MiB")));
  std::remove(path.c_str());
}

TEST(LoadTest, AnUnknownPresetIsAnsweredWithTheKnownOnes) {
  EXPECT_THAT(LoadExperiment("quik"),
              StatusIs(kInvalid, AllOf(HasSubstr("'quik'"), HasSubstr("quick, classic, full"),
                                       HasSubstr(".textproto"))));
}

TEST(LoadTest, APresetsValuesAreNotTheUsers) {
  const auto loaded = LoadExperiment("quick");
  ASSERT_OK(loaded);
  EXPECT_TRUE(loaded->places.empty());
}

TEST(LoadTest, AFlagReplacesAnAxisAndItsPlaces) {
  auto loaded = ParseExperiment("matrix { threads: '1' threads: '2' }", "f");
  ASSERT_OK(loaded);
  loaded->SetAxis(*FindAxis("threads"), {"4,8"}, "--threads");
  EXPECT_THAT(AxisValues(*FindAxis("threads"), loaded->experiment.matrix()), ElementsAre("4,8"));
  EXPECT_EQ(loaded->PlaceOf("threads", 1), "--threads");
}

}  // namespace
}  // namespace copycost
