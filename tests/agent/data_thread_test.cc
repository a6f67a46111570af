#include "agent/data_thread.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

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
using ::copycost::testing::RunFlows;
using ::copycost::testing::StatusIs;
using ::copycost::testing::VerifiedWorkload;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

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

TEST(DataThreadTest, OfSeveralFlowsItHasTheSocketsAndNoOtherDescriptors) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "ThreadSanitizer knows one table of files only";
#endif
  v1::Workload workload = VerifiedWorkload(v1::SEND_MODE_TWO_COPY);
  workload.set_flows_per_thread(4);
  Seen seen;
  for (const FlowRun& run :
       RunFlows({.workload = workload, .sender = std::make_unique<ObservingSender>(seen)})) {
    EXPECT_OK(run.sender);
    EXPECT_OK(run.receiver);
  }
  EXPECT_EQ(seen.open_files.size(), 4u);
  EXPECT_EQ(seen.open_files.count(seen.socket), 1u);
  EXPECT_EQ(seen.destroyed_by, seen.opened_by);
}

// Fails at its third message.
class FailingSender final : public Sender {
 public:
  absl::Status Open(const FlowSpec& flow, int socket, Content& content) override {
    return sender_->Open(flow, socket, content);
  }
  absl::StatusOr<Progress> Send(uint32_t messages) override {
    if (++sends_ == 3) return absl::InternalError("broken");
    return sender_->Send(messages);
  }
  absl::StatusOr<v1::Evidence> TakeEvidence() override { return sender_->TakeEvidence(); }
  void Echo(v1::Workload& applied) const override { sender_->Echo(applied); }

 private:
  int sends_ = 0;
  std::unique_ptr<Sender> sender_ = MakeSender(v1::SEND_MODE_TWO_COPY).value();
};

TEST(DataThreadTest, WhatGoesWrongNamesTheFlow) {
  for (const uint32_t flows : {1, 4}) {
    v1::Workload workload = VerifiedWorkload(v1::SEND_MODE_TWO_COPY);
    workload.set_flows_per_thread(flows);
    const std::vector<FlowRun> runs =
        RunFlows({.workload = workload, .sender = std::make_unique<FailingSender>()});
    EXPECT_THAT(runs[0].sender, StatusIs(absl::StatusCode::kInternal, "flow 3: broken"));
    // Aborted, the others too.
    EXPECT_THAT(runs[0].receiver, StatusIs(absl::StatusCode::kDataLoss, HasSubstr("were due")));
  }
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

TEST(DataThreadTest, AReceiverThatFollowsItsPacketsRunsWhereTheyComeIn) {
  v1::Workload workload = VerifiedWorkload(v1::SEND_MODE_ONE_COPY);
  workload.set_placement(v1::PLACEMENT_INCOMING_CPU);
  const FlowRun run = RunFlow({.workload = workload});
  ASSERT_OK(run.sender);
  ASSERT_OK(run.receiver);
  ASSERT_TRUE(run.receiver_end.has_incoming_cpu());
  EXPECT_EQ(run.receiver_end.cpu(), run.receiver_end.incoming_cpu());
  EXPECT_EQ(run.receiver_echo.placement(), v1::PLACEMENT_INCOMING_CPU);
  EXPECT_EQ(run.sender_echo.placement(), v1::PLACEMENT_UNSPECIFIED);  // it stays where it is
  EXPECT_TRUE(run.received.has_incoming_cpu());
}

}  // namespace
}  // namespace copycost
