// Senders with the mistakes that made other tools' numbers wrong. Each must be caught by the same
// checks that every real trial passes; each stands beside the honest sender under the same
// conditions, which must pass.
#include <sys/socket.h>

#include <cstring>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "agent/message_buffers.h"
#include "agent/send_modes/error_queue.h"
#include "agent/send_modes/send_modes.h"
#include "common/clock.h"
#include "common/status.h"
#include "tests/testing/flow_harness.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::FlowRun;
using ::copycost::testing::RunFlow;
using ::copycost::testing::StatusIs;
using ::copycost::testing::VerifiedWorkload;
using ::testing::_;
using ::testing::HasSubstr;

constexpr uint64_t kHeadStart = 3 * 16384;

// A real sender with one thing done otherwise.
class Wrapped : public Sender {
 public:
  explicit Wrapped(v1::SendMode mode) : real_(MakeSender(mode).value()) {}

  absl::Status Open(const FlowSpec& flow, int socket, Content& content) override {
    return real_->Open(flow, socket, content);
  }
  absl::StatusOr<Progress> Send(uint32_t max_messages) override {
    return real_->Send(max_messages);
  }
  absl::Status Reap() override { return real_->Reap(); }
  absl::Status Drain(absl::Time deadline) override { return real_->Drain(deadline); }
  absl::StatusOr<v1::Evidence> TakeEvidence() override { return real_->TakeEvidence(); }
  void Echo(v1::Workload& applied) const override { real_->Echo(applied); }

 protected:
  const std::unique_ptr<Sender> real_;
};

class FlippedContent final : public Content {
 public:
  FlippedContent(Content& real, uint64_t every) : real_(real), every_(every) {}
  void Fill(uint64_t message, Fields fields) override {
    real_.Fill(message, fields);
    if (message > 0 && message % every_ == 0) fields[0][0] ^= std::byte{1};
  }
  v1::Touch touch() const override { return real_.touch(); }

 private:
  Content& real_;
  const uint64_t every_;
};

class FlipsAByteAtTheWrap final : public Wrapped {
 public:
  using Wrapped::Wrapped;
  absl::Status Open(const FlowSpec& flow, int socket, Content& content) override {
    flipped_.emplace(content, flow.ring_depth);
    return Wrapped::Open(flow, socket, *flipped_);
  }

 private:
  std::optional<FlippedContent> flipped_;
};

TEST(MutantsTest, OneByteFlippedAtTheRingsWrapIsFound) {
  const v1::Workload workload = VerifiedWorkload(v1::SEND_MODE_ZERO_COPY);
  const FlowRun run =
      RunFlow({.workload = workload,
               .sender = std::make_unique<FlipsAByteAtTheWrap>(workload.send_mode())});
  // The first message made in a buffer that was used before.
  const uint64_t offset = workload.ring_depth() * workload.message_bytes();
  EXPECT_THAT(run.receiver,
              StatusIs(absl::StatusCode::kDataLoss,
                       HasSubstr("byte " + std::to_string(offset) + " of the stream")));
}

// MSG_ZEROCOPY from one set of buffers, written again without waiting for completions.
class RewritesBeforeCompletion final : public Sender {
 public:
  absl::Status Open(const FlowSpec& flow, int socket, Content& content) override {
    const int one = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one));
    ASSIGN_OR_RETURN(source_, MessageBuffers::Create(1, flow.message_bytes, flow.fields));
    socket_ = socket;
    content_ = &content;
    return absl::OkStatus();
  }
  absl::StatusOr<Progress> Send(uint32_t) override {
    content_->Fill(messages_++, source_->Fields(0));
    msghdr header{};
    header.msg_iov = const_cast<iovec*>(source_->Iovecs(0).data());
    header.msg_iovlen = source_->fields();
    const ssize_t sent = ::sendmsg(socket_, &header, MSG_ZEROCOPY | MSG_NOSIGNAL);
    if (sent < 0) return ErrnoStatus("sendmsg");
    return Progress{.messages = 1, .bytes = static_cast<uint64_t>(sent)};
  }
  absl::StatusOr<v1::Evidence> TakeEvidence() override { return v1::Evidence(); }
  void Echo(v1::Workload&) const override {}

 private:
  std::optional<MessageBuffers> source_;
  int socket_ = -1;
  Content* content_ = nullptr;
  uint64_t messages_ = 0;
};

v1::Workload WorkloadWithHeadStart() {
  v1::Workload workload = VerifiedWorkload(v1::SEND_MODE_ZERO_COPY);
  workload.set_messages_per_flow(4 * kHeadStart / workload.message_bytes());
  return workload;
}

TEST(MutantsTest, ABufferRewrittenBeforeItsCompletionIsFound) {
  const FlowRun run = RunFlow({.workload = WorkloadWithHeadStart(),
                               .sender = std::make_unique<RewritesBeforeCompletion>(),
                               .head_start_bytes = kHeadStart});
  EXPECT_THAT(run.receiver, StatusIs(absl::StatusCode::kDataLoss, HasSubstr("not what was sent")));
}

TEST(MutantsTest, TheHonestSenderKeepsItsBuffersUnderTheSameConditions) {
  v1::Workload workload = WorkloadWithHeadStart();
  workload.set_ring_depth(static_cast<uint32_t>(kHeadStart / workload.message_bytes()));
  const FlowRun run = RunFlow({.workload = workload, .head_start_bytes = kHeadStart});
  EXPECT_OK(run.sender);
  EXPECT_OK(run.receiver);
  EXPECT_EQ(run.received.verified_bytes(), workload.messages_per_flow() * workload.message_bytes());
}

// The staging copy made once, before the loop: what GRS_PA02 measured as two-copy.
class StagesOnce final : public Sender {
 public:
  absl::Status Open(const FlowSpec& flow, int socket, Content& content) override {
    ASSIGN_OR_RETURN(source_, MessageBuffers::Create(1, flow.message_bytes, flow.fields));
    staging_.resize(flow.message_bytes);
    content.Fill(0, source_->Fields(0));
    std::byte* to = staging_.data();
    for (const auto field : source_->Fields(0)) {
      std::memcpy(to, field.data(), field.size());
      to += field.size();
    }
    socket_ = socket;
    return absl::OkStatus();
  }
  absl::StatusOr<Progress> Send(uint32_t) override {
    const ssize_t sent = ::send(socket_, staging_.data(), staging_.size(), MSG_NOSIGNAL);
    if (sent < 0) return ErrnoStatus("send");
    return Progress{.messages = 1, .bytes = static_cast<uint64_t>(sent)};
  }
  absl::StatusOr<v1::Evidence> TakeEvidence() override { return v1::Evidence(); }
  void Echo(v1::Workload&) const override {}

 private:
  std::optional<MessageBuffers> source_;
  std::vector<std::byte> staging_;
  int socket_ = -1;
};

TEST(MutantsTest, AStagingCopyHoistedOutOfTheLoopIsFound) {
  const v1::Workload workload = VerifiedWorkload(v1::SEND_MODE_TWO_COPY);
  const FlowRun run = RunFlow({.workload = workload, .sender = std::make_unique<StagesOnce>()});
  EXPECT_THAT(run.receiver,
              StatusIs(absl::StatusCode::kDataLoss,
                       HasSubstr("byte " + std::to_string(workload.message_bytes()))));
}

// Sends its default size, whatever it was told.
class SendsItsDefaultSize final : public Wrapped {
 public:
  using Wrapped::Wrapped;
  absl::Status Open(const FlowSpec& flow, int socket, Content& content) override {
    FlowSpec mistaken = flow;
    mistaken.message_bytes = 8192;
    return Wrapped::Open(mistaken, socket, content);
  }
};

TEST(MutantsTest, ASizeThatDoesNotReachTheSenderIsFoundInEveryMode) {
  for (const SendModeRow& row : SendModes()) {
    const v1::Workload workload = VerifiedWorkload(row.mode);
    const FlowRun run =
        RunFlow({.workload = workload, .sender = std::make_unique<SendsItsDefaultSize>(row.mode)});
    EXPECT_THAT(run.sender, StatusIs(absl::StatusCode::kDataLoss,
                                     HasSubstr("submitted 8192 bytes as a message of 16384")));
    // And before a byte is sent, the echo would have said it.
    EXPECT_NE(run.sender_echo.message_bytes(), workload.message_bytes());
  }
}

// Takes one notification from the error queue and throws it away.
class LosesACompletion final : public Wrapped {
 public:
  using Wrapped::Wrapped;
  absl::Status Open(const FlowSpec& flow, int socket, Content& content) override {
    socket_ = socket;
    return Wrapped::Open(flow, socket, content);
  }
  absl::Status Drain(absl::Time deadline) override {
    std::optional<ZeroCopyNotification> lost;
    while (!lost.has_value()) {
      RETURN_IF_ERROR(AwaitNotification(socket_, deadline).status());
      ASSIGN_OR_RETURN(lost, ReadNotification(socket_));
    }
    return Wrapped::Drain(absl::FromUnixNanos(MonotonicNanos()) + absl::Milliseconds(100));
  }

 private:
  int socket_ = -1;
};

TEST(MutantsTest, ALostCompletionFailsTheFlow) {
  v1::Workload workload = VerifiedWorkload(v1::SEND_MODE_ZERO_COPY);
  workload.set_messages_per_flow(workload.ring_depth());  // so that nothing is reaped before
  const FlowRun run = RunFlow(
      {.workload = workload, .sender = std::make_unique<LosesACompletion>(workload.send_mode())});
  EXPECT_THAT(run.sender,
              StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("were never completed")));
}

// Tells of a message more than it sends.
class SkipsAMessage final : public Wrapped {
 public:
  using Wrapped::Wrapped;
  absl::Status Open(const FlowSpec& flow, int socket, Content& content) override {
    message_bytes_ = flow.message_bytes;
    return Wrapped::Open(flow, socket, content);
  }
  absl::StatusOr<Progress> Send(uint32_t max_messages) override {
    if (++calls_ == 5) return Progress{.messages = 1, .bytes = message_bytes_};
    return Wrapped::Send(max_messages);
  }

 private:
  uint64_t message_bytes_ = 0;
  int calls_ = 0;
};

TEST(MutantsTest, AMessageThatWasNeverSentIsMissed) {
  const v1::Workload workload = VerifiedWorkload(v1::SEND_MODE_ONE_COPY);
  const FlowRun run = RunFlow(
      {.workload = workload, .sender = std::make_unique<SkipsAMessage>(workload.send_mode())});
  EXPECT_THAT(run.receiver, StatusIs(absl::StatusCode::kDataLoss, HasSubstr("were due")));
}

}  // namespace
}  // namespace copycost
