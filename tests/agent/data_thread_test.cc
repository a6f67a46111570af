#include "agent/data_thread.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "agent/send_modes/send_modes.h"
#include "common/fd.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/flow_harness.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::FlowRun;
using ::copycost::testing::RunFlow;
using ::copycost::testing::VerifiedWorkload;
using ::testing::ElementsAre;

// What the calling thread has open besides the standard streams.
std::set<int> OpenFiles() {
  std::set<int> open;
  DIR* directory = ::opendir("/proc/thread-self/fd");
  while (const dirent* entry = ::readdir(directory)) {
    int fd = -1;
    if (absl::SimpleAtoi(entry->d_name, &fd) && fd > STDERR_FILENO) open.insert(fd);
  }
  open.erase(::dirfd(directory));
  ::closedir(directory);
  return open;
}

struct Seen {
  int socket = -1;
  std::set<int> open_files;
  pid_t opened_by = 0;
  pid_t destroyed_by = 0;
};

// Two-copy, which tells what it saw.
class ObservingSender final : public Sender {
 public:
  explicit ObservingSender(Seen& seen) : seen_(seen) {}
  ~ObservingSender() override { seen_.destroyed_by = ::gettid(); }

  absl::Status Open(const FlowSpec& flow, int socket, Content& content) override {
    seen_.socket = socket;
    seen_.open_files = OpenFiles();
    seen_.opened_by = ::gettid();
    return sender_->Open(flow, socket, content);
  }
  absl::StatusOr<Progress> Send(uint32_t messages) override { return sender_->Send(messages); }
  absl::StatusOr<v1::Evidence> TakeEvidence() override { return sender_->TakeEvidence(); }
  void Echo(v1::Workload& applied) const override { sender_->Echo(applied); }

 private:
  Seen& seen_;
  std::unique_ptr<Sender> sender_ = MakeSender(v1::SEND_MODE_TWO_COPY).value();
};

// A descriptor that another thread closes must not live on here: the connection would stay open.
TEST(DataThreadTest, HasNoDescriptorButItsSocket) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "ThreadSanitizer knows one table of files only";
#endif
  const UniqueFd before(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  Seen seen;
  const FlowRun run = RunFlow({.workload = VerifiedWorkload(v1::SEND_MODE_TWO_COPY),
                               .sender = std::make_unique<ObservingSender>(seen)});
  EXPECT_OK(run.sender);
  EXPECT_OK(run.receiver);
  EXPECT_THAT(seen.open_files, ElementsAre(seen.socket));
  EXPECT_GE(::fcntl(before.get(), F_GETFD), 0) << "closed for everybody";
}

// What it has opened is in that thread's table of files only.
TEST(DataThreadTest, EndsItsModeItself) {
  Seen seen;
  RunFlow({.workload = VerifiedWorkload(v1::SEND_MODE_TWO_COPY),
           .sender = std::make_unique<ObservingSender>(seen)});
  EXPECT_NE(seen.opened_by, ::gettid());
  EXPECT_EQ(seen.destroyed_by, seen.opened_by);
}

TEST(DataThreadTest, EndsItsModeItselfWhenItDoesNotOpen) {
  Seen seen;
  v1::Workload workload = VerifiedWorkload(v1::SEND_MODE_TWO_COPY);
  workload.set_touch(v1::TOUCH_UNSPECIFIED);
  EXPECT_FALSE(RunFlow({.workload = workload, .sender = std::make_unique<ObservingSender>(seen)})
                   .sender.ok());
  EXPECT_NE(seen.destroyed_by, 0);
  EXPECT_NE(seen.destroyed_by, ::gettid());
}

}  // namespace
}  // namespace copycost
