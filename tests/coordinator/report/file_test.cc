#include "coordinator/report/file.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/testing/status_matchers.h"

namespace copycost::report {
namespace {

namespace fs = std::filesystem;
using ::copycost::testing::StatusIs;
using ::testing::HasSubstr;

class FileTest : public ::testing::Test {
 protected:
  FileTest() {
    std::string name = (fs::temp_directory_path() / "copycost-file-XXXXXX").string();
    directory_ = mkdtemp(name.data());
  }
  ~FileTest() override { fs::remove_all(directory_); }

  std::string Path(const std::string& name) const { return (directory_ / name).string(); }

  size_t Files() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(directory_), fs::directory_iterator()));
  }

  fs::path directory_;
};

TEST_F(FileTest, ReplacesWhatWasThereAndLeavesNothingElse) {
  ASSERT_OK(WriteAtomically(Path("a"), "old and longer"));
  ASSERT_OK(WriteAtomically(Path("a"), "new"));
  std::stringstream contents;
  contents << std::ifstream(Path("a")).rdbuf();
  EXPECT_EQ(contents.str(), "new");
  EXPECT_EQ(Files(), 1u);
}

TEST_F(FileTest, NamesTheFileItCannotWrite) {
  EXPECT_THAT(WriteAtomically(Path("no/such"), "x"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr(Path("no/such"))));
}

TEST_F(FileTest, AFailureLeavesNothing) {
  fs::create_directory(Path("a"));  // rename over a directory fails
  EXPECT_FALSE(WriteAtomically(Path("a"), "x").ok());
  EXPECT_EQ(Files(), 1u);
}

}  // namespace
}  // namespace copycost::report
