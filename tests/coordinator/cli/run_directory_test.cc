#include "coordinator/cli/run_directory.h"

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

namespace fs = std::filesystem;
using ::copycost::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr absl::StatusCode kBadInput = absl::StatusCode::kInvalidArgument;

// Works in a directory of its own, since the default is relative.
class RunDirectoryTest : public ::testing::Test {
 protected:
  RunDirectoryTest() : before_(fs::current_path()) {
    std::string name = (fs::temp_directory_path() / "copycost-runs-XXXXXX").string();
    directory_ = mkdtemp(name.data());
    fs::current_path(directory_);
  }
  ~RunDirectoryTest() override {
    fs::current_path(before_);
    fs::remove_all(directory_);
  }

  std::string Path(const std::string& name) const { return (directory_ / name).string(); }

  const fs::path before_;
  fs::path directory_;
};

TEST_F(RunDirectoryTest, TheRunIsNamedByItsTimeAndItsExperiment) {
  EXPECT_EQ(MakeRunId("quick", absl::FromUnixSeconds(1'760'000'000)), "20251009T085320Z-quick");
}

TEST_F(RunDirectoryTest, ByDefaultItIsNamedAsTheRun) {
  const auto path = MakeRunDirectory("", "20251009T085320Z-quick");
  ASSERT_OK(path);
  EXPECT_EQ(*path, "copycost-runs/20251009T085320Z-quick");
  EXPECT_TRUE(fs::is_directory(*path));
}

TEST_F(RunDirectoryTest, RunsOfOneSecondHaveDirectoriesOfTheirOwn) {
  EXPECT_OK(MakeRunDirectory("", "now-quick"));
  const auto second = MakeRunDirectory("", "now-quick");
  ASSERT_OK(second);
  EXPECT_EQ(*second, "copycost-runs/now-quick-2");
  const auto third = MakeRunDirectory("", "now-quick");
  ASSERT_OK(third);
  EXPECT_EQ(*third, "copycost-runs/now-quick-3");
  EXPECT_TRUE(fs::is_directory(*third));
}

TEST_F(RunDirectoryTest, ADefaultThatCannotBeMadeIsRefused) {
  std::ofstream(Path("copycost-runs")) << "a file";
  EXPECT_THAT(MakeRunDirectory("", "now-quick"),
              StatusIs(kBadInput, HasSubstr("--out: copycost-runs")));
}

TEST_F(RunDirectoryTest, MakesWhatIsMissingAboveIt) {
  const auto path = MakeRunDirectory(Path("a/b/c"), "id");
  ASSERT_OK(path);
  EXPECT_EQ(*path, Path("a/b/c"));
  EXPECT_TRUE(fs::is_directory(Path("a/b/c")));
}

TEST_F(RunDirectoryTest, TakesAnEmptyDirectory) {
  fs::create_directory(Path("empty"));
  EXPECT_OK(MakeRunDirectory(Path("empty"), "id"));
}

TEST_F(RunDirectoryTest, RefusesADirectoryThatHoldsSomething) {
  fs::create_directory(Path("full"));
  std::ofstream(Path("full/results.db")) << "precious";
  EXPECT_THAT(MakeRunDirectory(Path("full"), "id"),
              StatusIs(kBadInput, AllOf(HasSubstr(absl::StrCat("--out: ", Path("full"))),
                                        HasSubstr("exists and is not empty"))));
  EXPECT_EQ(fs::file_size(Path("full/results.db")), 8u);
}

TEST_F(RunDirectoryTest, RefusesAFile) {
  std::ofstream(Path("file")) << "text";
  EXPECT_THAT(MakeRunDirectory(Path("file"), "id"),
              StatusIs(kBadInput, HasSubstr("exists and is no directory")));
}

TEST_F(RunDirectoryTest, RefusesAPlaceWhereNoneCanBeMade) {
  std::ofstream(Path("file")) << "text";
  EXPECT_THAT(MakeRunDirectory(Path("file/below"), "id"),
              StatusIs(kBadInput, HasSubstr(absl::StrCat("--out: ", Path("file/below")))));
}

}  // namespace
}  // namespace copycost
