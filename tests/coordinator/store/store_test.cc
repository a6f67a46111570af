// Writer and reader together, and the file between them.
#include <SQLiteCpp/SQLiteCpp.h>
#include <google/protobuf/util/message_differencer.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "coordinator/store/reader.h"
#include "coordinator/store/writer.h"
#include "tests/testing/record_builder.h"
#include "tests/testing/status_matchers.h"

namespace copycost::store {
namespace {

namespace fs = std::filesystem;
using ::copycost::testing::OkTrial;
using ::copycost::testing::OneCellRun;
using ::copycost::testing::StatusIs;
using ::google::protobuf::util::MessageDifferencer;
using ::testing::AllOf;
using ::testing::HasSubstr;

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() {
    std::string name = (fs::temp_directory_path() / "copycost-store-XXXXXX").string();
    directory_ = mkdtemp(name.data());
    path_ = (directory_ / "results.db").string();
  }
  ~StoreTest() override { fs::remove_all(directory_); }

  // The run as stored, closed.
  void Store(const record::Run& run) {
    auto writer = Writer::Create(path_, run.info);
    ASSERT_OK(writer);
    for (const v1::TrialRecord& trial : run.attempts) ASSERT_OK((*writer)->Append(trial));
  }

  void Execute(const std::string& sql) {
    SQLite::Database db(path_, SQLite::OPEN_READWRITE);
    db.exec(sql);
  }

  std::vector<std::string> Files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory_)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

  fs::path directory_;
  std::string path_;
};

TEST_F(StoreTest, GivesBackWhatWasStoredInOrder) {
  const record::Run run = OneCellRun(12);
  Store(run);
  const auto read = Read(path_);
  ASSERT_OK(read);
  EXPECT_TRUE(MessageDifferencer::Equals(read->info, run.info));
  ASSERT_EQ(read->attempts.size(), run.attempts.size());
  for (size_t i = 0; i < run.attempts.size(); ++i) {
    EXPECT_TRUE(MessageDifferencer::Equals(read->attempts[i], run.attempts[i])) << i;
  }
}

// Which columns there are is the run's, also for who goes on with it.
TEST_F(StoreTest, EventsThatARunCountsAreColumns) {
  record::Run run = OneCellRun(2);
  run.info.mutable_plan()->mutable_experiment()->add_events("cycles");
  Store(run);
  auto writer = Writer::Open(path_);
  ASSERT_OK(writer);
  ASSERT_OK((*writer)->Append(OkTrial({.block = 3})));
  writer->reset();
  EXPECT_EQ(Read(path_)->attempts.size(), 3u);
  Execute("SELECT sender_cycles, host_cycles FROM trial");
}

TEST_F(StoreTest, LeavesOneFileBehind) {
  Store(OneCellRun(2));
  EXPECT_THAT(Files(), ::testing::ElementsAre("results.db"));
}

TEST_F(StoreTest, QueryColumnsHoldWhatResultsCsvHas) {
  record::Run run = OneCellRun(1);
  v1::SkippedCell& skipped = *run.info.mutable_plan()->add_skipped();
  skipped.set_label("zero-copy");
  skipped.set_reason("no locked memory");
  Store(run);
  SQLite::Database db(path_);
  EXPECT_EQ(db.execAndGet("SELECT message_bytes FROM trial").getInt(), 65536);
  EXPECT_EQ(db.execAndGet("SELECT send_mode FROM trial").getString(), "two-copy");
  EXPECT_DOUBLE_EQ(db.execAndGet("SELECT goodput_gbps FROM trial").getDouble(), 8);
  EXPECT_TRUE(db.execAndGet("SELECT zero_copy_sends FROM trial").isNull());
  EXPECT_EQ(db.execAndGet("SELECT label FROM cell WHERE cell_id = 1").getString(), "cell");
  EXPECT_EQ(db.execAndGet("SELECT skipped FROM cell WHERE cell_id IS NULL").getString(),
            "no locked memory");
  EXPECT_EQ(db.execAndGet("SELECT run_id FROM run").getString(), "run-1");
}

TEST_F(StoreTest, DoesNotTouchAFileThatIsThere) {
  Store(OneCellRun(1));
  EXPECT_THAT(Writer::Create(path_, {}),
              StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr(path_)));
  EXPECT_EQ(Read(path_)->attempts.size(), 1u);
}

TEST_F(StoreTest, SaysWhyAFileCannotBeMade) {
  EXPECT_THAT(Writer::Create("/nonexistent/results.db", {}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("open /nonexistent/results.db")));
}

TEST_F(StoreTest, RefusesTheSameAttemptTwiceAndGoesOn) {
  auto writer = Writer::Create(path_, {});
  ASSERT_OK(writer);
  ASSERT_OK((*writer)->Append(OkTrial()));
  EXPECT_THAT((*writer)->Append(OkTrial()),
              StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("b1-c1")));
  EXPECT_OK((*writer)->Append(OkTrial({.attempt = 2})));
  EXPECT_EQ(Read(path_)->attempts.size(), 2u);
}

TEST_F(StoreTest, ReadersAreLetInWhileARunGoesOn) {
  auto writer = Writer::Create(path_, {});
  ASSERT_OK(writer);
  EXPECT_EQ(Read(path_)->attempts.size(), 0u);
  ASSERT_OK((*writer)->Append(OkTrial()));
  EXPECT_EQ(Read(path_)->attempts.size(), 1u);
}

TEST_F(StoreTest, OtherWritersAreKeptOutWhileARunGoesOn) {
  auto writer = Writer::Create(path_, {});
  ASSERT_OK(writer);
  EXPECT_THROW(Execute("DELETE FROM run"), SQLite::Exception);
  ASSERT_OK((*writer)->Append(OkTrial()));
  EXPECT_THROW(Execute("DELETE FROM run"), SQLite::Exception);
  EXPECT_THAT((*writer)->Append(OkTrial()), ::testing::Not(testing::IsOk()));
  EXPECT_THROW(Execute("DELETE FROM run"), SQLite::Exception);
}

TEST_F(StoreTest, ARunThatWasLeftIsGoneOnWith) {
  record::Run run = OneCellRun(2);
  Store(run);
  {
    auto writer = Writer::Open(path_);
    ASSERT_OK(writer);
    run.info.add_sessions()->add_changes("sender: kernel 6.2, was 6.1");
    ASSERT_OK((*writer)->Update(run.info));
    EXPECT_THAT((*writer)->Append(run.attempts[1]),
                StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("b2-c1")));
    run.attempts.push_back(OkTrial({.block = 3}));
    ASSERT_OK((*writer)->Append(run.attempts[2]));
  }
  const auto read = Read(path_);
  ASSERT_OK(read);
  EXPECT_TRUE(MessageDifferencer::Equals(read->info, run.info));
  ASSERT_EQ(read->attempts.size(), 3u);
  EXPECT_TRUE(MessageDifferencer::Equals(read->attempts[2], run.attempts[2]));
  EXPECT_THAT(Files(), ::testing::ElementsAre("results.db"));
}

TEST_F(StoreTest, OnlyOneGoesOnWithARun) {
  Store(OneCellRun(1));
  auto writer = Writer::Open(path_);
  ASSERT_OK(writer);
  EXPECT_THAT(Writer::Open(path_),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("in use")));
  EXPECT_OK((*writer)->Append(OkTrial({.block = 2})));
}

TEST_F(StoreTest, WhatIsNoRunIsNotOpened) {
  EXPECT_THAT(Writer::Open(path_), StatusIs(absl::StatusCode::kNotFound, HasSubstr(path_)));
  std::ofstream{path_};
  EXPECT_THAT(Writer::Open(path_),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("start it again")));
  fs::remove(path_);
  {
    SQLite::Database other(path_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    other.exec("PRAGMA journal_mode = WAL");
    other.exec("CREATE TABLE trial (id)");
  }
  EXPECT_THAT(Writer::Open(path_),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("not a results.db")));
  SQLite::Database other(path_);
  EXPECT_EQ(other.execAndGet("PRAGMA journal_mode").getString(), "wal");  // left as it was
}

// The child stores without end until it is killed; what it told through the pipe is there.
TEST_F(StoreTest, AKilledRunLosesNothingItReported) {
  for (int round = 0; round < 5; ++round) {
    fs::remove(path_);
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      auto writer = Writer::Create(path_, {});
      for (uint32_t block = 1;; ++block) {
        if (!(*writer)->Append(OkTrial({.block = block, .flows = 64})).ok()) _exit(1);
        if (write(pipe_ends[1], &block, sizeof(block)) != sizeof(block)) _exit(1);
      }
    }
    close(pipe_ends[1]);
    uint32_t reported = 0;
    while (reported < 20) ASSERT_EQ(read(pipe_ends[0], &reported, sizeof(reported)), 4);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    while (read(pipe_ends[0], &reported, sizeof(reported)) == 4) {
    }
    close(pipe_ends[0]);
    const auto run = Read(path_);
    ASSERT_OK(run);
    EXPECT_GE(run->attempts.size(), reported);
    fs::remove(path_ + "-journal");  // may stay when nothing had been written to it yet
  }
}

// A full disk stands in as a limit on the size of files.
TEST_F(StoreTest, AFullDiskIsToldAndCostsOnlyTheTrialThatDidNotFit) {
  auto writer = Writer::Create(path_, {});
  ASSERT_OK(writer);
  ASSERT_OK((*writer)->Append(OkTrial()));
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = signal(SIGXFSZ, SIG_IGN);
  const rlimit full = {.rlim_cur = fs::file_size(path_), .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &full), 0);
  const absl::Status status = (*writer)->Append(OkTrial({.block = 2, .flows = 64}));
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, handler);
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr(path_), HasSubstr("disk")));
  EXPECT_EQ(Read(path_)->attempts.size(), 1u);
  EXPECT_OK((*writer)->Append(OkTrial({.block = 2})));
}

TEST_F(StoreTest, TellsAMissingFile) {
  EXPECT_THAT(Read(path_), StatusIs(absl::StatusCode::kNotFound, HasSubstr(path_)));
  EXPECT_TRUE(Files().empty());
}

TEST_F(StoreTest, TellsWhatIsNoDatabaseOfCopycost) {
  std::ofstream(path_) << std::string(5000, 'x');
  EXPECT_THAT(Read(path_),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("not a database")));
  fs::resize_file(path_, 0);
  EXPECT_THAT(Read(path_), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("is empty")));
  Execute("CREATE TABLE trial (record BLOB)");
  EXPECT_THAT(Read(path_),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("not a results.db")));
}

TEST_F(StoreTest, TellsALayoutItDoesNotKnow) {
  Store(OneCellRun(1));
  Execute("PRAGMA user_version = 99");
  EXPECT_THAT(Read(path_), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("layout 99")));
}

TEST_F(StoreTest, TellsADamagedRecord) {
  Store(OneCellRun(2));
  Execute("UPDATE trial SET record = substr(record, 1, length(record) - 1) WHERE block = 2");
  EXPECT_THAT(Read(path_), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("b2-c1, attempt 1")));
  Execute("UPDATE trial SET record = x''");
  EXPECT_THAT(Read(path_), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("b1-c1, attempt 1")));
  Execute("DELETE FROM run");
  EXPECT_THAT(Read(path_), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("record of the run")));
}

TEST_F(StoreTest, TellsAFileCutShort) {
  Store(OneCellRun(50));
  fs::resize_file(path_, fs::file_size(path_) / 2);
  EXPECT_THAT(Read(path_), StatusIs(absl::StatusCode::kDataLoss, HasSubstr(path_)));
}

TEST_F(StoreTest, ReadsFromAReadOnlyDirectory) {
  if (geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  Store(OneCellRun(2));
  fs::permissions(path_, fs::perms::owner_read);
  fs::permissions(directory_, fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_EQ(Read(path_)->attempts.size(), 2u);
  fs::permissions(directory_, fs::perms::owner_all);
}

}  // namespace
}  // namespace copycost::store
