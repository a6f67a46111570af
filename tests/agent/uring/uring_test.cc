#include "agent/uring/uring.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>

#include "agent/transport/unix_socket.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

// A receive that has something to take only when the other end sends.
class UringEventsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const absl::Status probed = ProbeUring();
    if (!probed.ok()) GTEST_SKIP() << probed.message();
    ring_.emplace(*Uring::Create({.submissions = 1, .completions = 4}));
    pair_ = *ConnectUnixPair();
    events_ = *ring_->OpenEvents();
  }

  void SubmitReceive() {
    io_uring_prep_recv(ring_->NextSubmission(), pair_.server.get(), &taken_, 1, 0);
    EXPECT_EQ(ring_->SubmitWithoutWaiting(), 1);
    EXPECT_FALSE(ring_->HasCompletion());
  }

  void Send() { EXPECT_EQ(::send(pair_.client.get(), "x", 1, MSG_NOSIGNAL), 1); }

  bool Shows(int timeout_ms) const {
    pollfd entry{.fd = events_, .events = POLLIN, .revents = 0};
    return ::poll(&entry, 1, timeout_ms) == 1;
  }

  std::optional<Uring> ring_;
  SocketPair pair_;
  int events_ = -1;
  char taken_ = 0;
};

// Completions are delivered only when they are asked for: that they wait has to be shown, too.
TEST_F(UringEventsTest, WhatCompletesIsShownBeforeItIsDelivered) {
  SubmitReceive();
  ring_->SignalEvents(true);
  Send();
  EXPECT_TRUE(Shows(10'000));
  const auto completion = ring_->NextCompletion();
  ASSERT_TRUE(completion.has_value());
  EXPECT_EQ(completion->result, 1);
  EXPECT_EQ(taken_, 'x');
}

TEST_F(UringEventsTest, NothingIsShownUnlessItIsWatchedFor) {
  SubmitReceive();
  Send();
  while (!ring_->NextCompletion().has_value()) {
  }
  EXPECT_FALSE(Shows(0));
  ring_->SignalEvents(true);
  ring_->SignalEvents(false);
  SubmitReceive();
  Send();
  while (!ring_->NextCompletion().has_value()) {
  }
  EXPECT_FALSE(Shows(0));
}

}  // namespace
}  // namespace copycost
