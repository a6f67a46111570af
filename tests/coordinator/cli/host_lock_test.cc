#include "coordinator/cli/host_lock.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

namespace fs = std::filesystem;
using ::copycost::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// A sticky directory everybody can write to, as /run/lock and /tmp are.
class HostLockTest : public ::testing::Test {
 protected:
  HostLockTest() {
    std::string name = (fs::temp_directory_path() / "copycost-lock-XXXXXX").string();
    directory_ = mkdtemp(name.data());
    ::chmod(directory_.c_str(), 01777);
    path_ = (directory_ / "lock").string();
  }
  ~HostLockTest() override { fs::remove_all(directory_); }

  fs::path directory_;
  std::string path_;
};

TEST_F(HostLockTest, TheSecondIsToldWhoIsMeasuring) {
  const auto first = HostLock::TakeAt(path_, "ann, run 1, process 5");
  ASSERT_OK(first);
  EXPECT_THAT(HostLock::TakeAt(path_, "bob"),
              StatusIs(absl::StatusCode::kResourceExhausted,
                       AllOf(HasSubstr("by ann, run 1, process 5;"), HasSubstr("--share-host"))));
}

TEST_F(HostLockTest, IsFreeAgainWhenItIsLetGo) {
  { ASSERT_OK(HostLock::TakeAt(path_, "ann")); }
  EXPECT_OK(HostLock::TakeAt(path_, "bob"));
}

TEST_F(HostLockTest, MovesWithItsOwner) {
  std::optional<HostLock> kept;
  {
    auto taken = HostLock::TakeAt(path_, "ann");
    ASSERT_OK(taken);
    kept.emplace(*std::move(taken));
  }
  EXPECT_THAT(HostLock::TakeAt(path_, "bob"),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("ann")));
  kept.reset();
  EXPECT_OK(HostLock::TakeAt(path_, "bob"));
}

TEST_F(HostLockTest, TellsNothingOfAnEarlierHolderWithALongerName) {
  { ASSERT_OK(HostLock::TakeAt(path_, "a name that is rather long")); }
  const auto second = HostLock::TakeAt(path_, "bob");
  ASSERT_OK(second);
  EXPECT_THAT(HostLock::TakeAt(path_, "eve"),
              StatusIs(absl::StatusCode::kResourceExhausted,
                       AllOf(HasSubstr("by bob;"), Not(HasSubstr("long")))));
}

TEST_F(HostLockTest, OtherUsersCanTakeItWhateverTheUmask) {
  const mode_t before = ::umask(077);
  const auto lock = HostLock::TakeAt(path_, "ann");
  ::umask(before);
  ASSERT_OK(lock);
  struct stat file {};
  ASSERT_EQ(::stat(path_.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0666u);
}

// fs.protected_regular refuses to open it with O_CREAT, even to root.
TEST_F(HostLockTest, TakesTheFileThatAnotherUserLeft) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make another user's file";
  std::ofstream(path_) << "nobody\n";
  ::chmod(path_.c_str(), 0666);
  ASSERT_EQ(::chown(path_.c_str(), 65534, 65534), 0);
  EXPECT_OK(HostLock::TakeAt(path_, "ann"));
}

TEST_F(HostLockTest, DoesNotFollowALinkToSomeoneElsesFile) {
  std::ofstream(directory_ / "precious") << "precious";
  fs::create_symlink(directory_ / "precious", path_);
  EXPECT_FALSE(HostLock::TakeAt(path_, "ann").ok());
  EXPECT_EQ(fs::file_size(directory_ / "precious"), 8u);
}

TEST_F(HostLockTest, SaysThatTheDirectoryIsMissing) {
  EXPECT_THAT(HostLock::TakeAt(path_ + "/no/such", "ann").status(),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr(path_)));
}

}  // namespace
}  // namespace copycost
