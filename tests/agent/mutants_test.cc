// Senders with the mistakes that made other tools' numbers wrong. Each must be caught by the same
// checks that every real trial passes; each stands beside the honest sender under the same
// conditions, which must pass.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "agent/message_buffers.h"
#include "agent/pipe.h"
#include "agent/send_modes/error_queue.h"
#include "agent/send_modes/send_modes.h"
#include "agent/uring/uring.h"
#include "common/clock.h"
#include "common/fd.h"
#include "common/status.h"
#include "common/words.h"
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
  uint32_t outstanding() const override { return real_->outstanding(); }
  absl::Status AwaitCompletions(absl::Time deadline) override {
    return real_->AwaitCompletions(deadline);
  }
  absl::Status Reap() override { return real_->Reap(); }
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

// Takes the result of an io_uring send for the leave to write its buffer again, which only the
// notification gives.
class RewritesAtTheResult final : public Sender {
 public:
  absl::Status Open(const FlowSpec& flow, int socket, Content& content) override {
    ASSIGN_OR_RETURN(source_, MessageBuffers::Create(1, flow.message_bytes, flow.fields,
                                                     MessageBuffers::Layout::kTogether));
    ASSIGN_OR_RETURN(ring_, Uring::Create({.submissions = 1, .completions = 128}));
    socket_ = socket;
    content_ = &content;
    return absl::OkStatus();
  }
  absl::StatusOr<Progress> Send(uint32_t) override {
    content_->Fill(messages_++, source_->Fields(0));
    const iovec whole = source_->Iovecs(0).front();
    io_uring_prep_send_zc(ring_->NextSubmission(), socket_, whole.iov_base, whole.iov_len,
                          MSG_NOSIGNAL | MSG_WAITALL, 0);
    while (true) {
      if (ring_->SubmitAndWait() < 0) return ErrnoStatus("io_uring_enter");
      while (const auto completion = ring_->NextCompletion()) {
        if ((completion->flags & IORING_CQE_F_NOTIF) != 0) continue;
        if (completion->result < 0) return ErrnoStatus(-completion->result, "send");
        return Progress{.messages = 1, .bytes = static_cast<uint64_t>(completion->result)};
      }
    }
  }
  absl::StatusOr<v1::Evidence> TakeEvidence() override { return v1::Evidence(); }
  void Echo(v1::Workload&) const override {}

 private:
  std::optional<MessageBuffers> source_;
  std::optional<Uring> ring_;
  int socket_ = -1;
  Content* content_ = nullptr;
  uint64_t messages_ = 0;
};

TEST(MutantsTest, ABufferRewrittenAtTheResultOfItsSendIsFound) {
  for (const SendModeRow& row : SendModes()) {
    if (row.mode != v1::SEND_MODE_URING_ZERO_COPY) continue;
    const absl::Status probed = row.probe();
    if (!probed.ok()) GTEST_SKIP() << probed.message();
  }
  v1::Workload workload = WorkloadWithHeadStart();
  workload.set_send_mode(v1::SEND_MODE_URING_ZERO_COPY);
  const FlowRun run = RunFlow({.workload = workload,
                               .sender = std::make_unique<RewritesAtTheResult>(),
                               .head_start_bytes = kHeadStart});
  EXPECT_THAT(run.receiver, StatusIs(absl::StatusCode::kDataLoss, HasSubstr("not what was sent")));
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
    if (!row.probe().ok()) continue;
    const v1::Workload workload = VerifiedWorkload(row.mode);
    const FlowRun run =
        RunFlow({.workload = workload, .sender = std::make_unique<SendsItsDefaultSize>(row.mode)});
    EXPECT_THAT(run.sender, StatusIs(absl::StatusCode::kDataLoss,
                                     HasSubstr("submitted 8192 bytes as a message of 16384")));
    // And before a byte is sent, the echo would have said it.
    EXPECT_NE(run.sender_echo.message_bytes(), workload.message_bytes());
  }
}

// Makes every message in the same pages, although nothing tells when the socket no longer refers to
// them.
class RewritesLentPages final : public Sender {
 public:
  absl::Status Open(const FlowSpec& flow, int socket, Content& content) override {
    ASSIGN_OR_RETURN(source_, MessageBuffers::Create(1, flow.message_bytes, flow.fields));
    ASSIGN_OR_RETURN(pipe_, Pipe::Create(flow.message_bytes, flow.fields));
    socket_ = socket;
    content_ = &content;
    return absl::OkStatus();
  }
  absl::StatusOr<Progress> Send(uint32_t) override {
    content_->Fill(messages_++, source_->Fields(0));
    const auto parts = source_->Iovecs(0);
    const ssize_t lent = ::vmsplice(pipe_.write.get(), parts.data(), parts.size(), 0);
    if (lent < 0) return ErrnoStatus("vmsplice");
    const ssize_t sent =
        ::splice(pipe_.read.get(), nullptr, socket_, nullptr, static_cast<size_t>(lent), 0);
    if (sent < 0) return ErrnoStatus("splice");
    return Progress{.messages = 1, .bytes = static_cast<uint64_t>(sent)};
  }
  absl::StatusOr<v1::Evidence> TakeEvidence() override { return v1::Evidence(); }
  void Echo(v1::Workload&) const override {}

 private:
  std::optional<MessageBuffers> source_;
  Pipe pipe_;
  int socket_ = -1;
  Content* content_ = nullptr;
  uint64_t messages_ = 0;
};

TEST(MutantsTest, LentPagesRewrittenAreFound) {
  v1::Workload workload = WorkloadWithHeadStart();
  workload.set_send_mode(v1::SEND_MODE_VMSPLICE);
  const FlowRun run = RunFlow({.workload = workload,
                               .sender = std::make_unique<RewritesLentPages>(),
                               .head_start_bytes = kHeadStart});
  EXPECT_THAT(run.receiver, StatusIs(absl::StatusCode::kDataLoss, HasSubstr("not what was sent")));
}

TEST(MutantsTest, EveryHonestSenderPassesUnderTheSameConditions) {
  for (const SendModeRow& row : SendModes()) {
    if (!row.probe().ok()) continue;
    v1::Workload workload = WorkloadWithHeadStart();
    workload.set_send_mode(row.mode);
    workload.set_ring_depth(static_cast<uint32_t>(kHeadStart / workload.message_bytes()));
    const FlowRun run = RunFlow({.workload = workload, .head_start_bytes = kHeadStart});
    EXPECT_OK(run.sender) << Label(row.mode);
    EXPECT_OK(run.receiver) << Label(row.mode);
  }
}

// Sends from a file that was never written: all of it is the zero page.
class SendsAnUnwrittenFile final : public Sender {
 public:
  absl::Status Open(const FlowSpec& flow, int socket, Content&) override {
    file_ = UniqueFd(::memfd_create("unwritten", MFD_CLOEXEC));
    if (::ftruncate(file_.get(), static_cast<off_t>(flow.message_bytes)) != 0) {
      return ErrnoStatus("ftruncate");
    }
    message_bytes_ = flow.message_bytes;
    socket_ = socket;
    return absl::OkStatus();
  }
  absl::StatusOr<Progress> Send(uint32_t) override {
    off_t offset = 0;
    while (static_cast<uint64_t>(offset) < message_bytes_) {
      const auto left = message_bytes_ - static_cast<uint64_t>(offset);
      if (::sendfile(socket_, file_.get(), &offset, left) < 0) return ErrnoStatus("sendfile");
    }
    return Progress{.messages = 1, .bytes = message_bytes_};
  }
  absl::StatusOr<v1::Evidence> TakeEvidence() override { return v1::Evidence(); }
  void Echo(v1::Workload&) const override {}

 private:
  UniqueFd file_;
  uint64_t message_bytes_ = 0;
  int socket_ = -1;
};

TEST(MutantsTest, AnUnwrittenFileIsFound) {
  for (const v1::ReceiveMode receive : {v1::RECEIVE_MODE_RECV, v1::RECEIVE_MODE_MAPPED}) {
    v1::Workload workload = VerifiedWorkload(v1::SEND_MODE_SENDFILE);
    workload.set_receive_mode(receive);
    const FlowRun run =
        RunFlow({.workload = workload, .sender = std::make_unique<SendsAnUnwrittenFile>()});
    EXPECT_THAT(run.receiver, StatusIs(absl::StatusCode::kDataLoss, HasSubstr("byte 0 of")));
  }
}

// Splices once, whatever that moves, and takes it for the whole message.
class TakesAShortSpliceForAll final : public Sender {
 public:
  absl::Status Open(const FlowSpec& flow, int socket, Content& content) override {
    ASSIGN_OR_RETURN(source_, MessageBuffers::Create(1, flow.message_bytes, 1));
    ASSIGN_OR_RETURN(pipe_, Pipe::Create(flow.message_bytes, 1));
    socket_ = socket;
    content_ = &content;
    return absl::OkStatus();
  }
  absl::StatusOr<Progress> Send(uint32_t) override {
    content_->Fill(messages_++, source_->Fields(0));
    const iovec message = source_->Iovecs(0).front();
    if (::write(pipe_.write.get(), message.iov_base, message.iov_len) < 0) {
      return ErrnoStatus("write");
    }
    const ssize_t spliced =
        ::splice(pipe_.read.get(), nullptr, socket_, nullptr, message.iov_len / 2, 0);
    if (spliced < 0) return ErrnoStatus("splice");
    std::vector<std::byte> rest(message.iov_len - static_cast<size_t>(spliced));
    if (::read(pipe_.read.get(), rest.data(), rest.size()) < 0) return ErrnoStatus("read");
    return Progress{.messages = 1, .bytes = message.iov_len};
  }
  absl::StatusOr<v1::Evidence> TakeEvidence() override { return v1::Evidence(); }
  void Echo(v1::Workload&) const override {}

 private:
  std::optional<MessageBuffers> source_;
  Pipe pipe_;
  int socket_ = -1;
  Content* content_ = nullptr;
  uint64_t messages_ = 0;
};

TEST(MutantsTest, AShortSpliceIsFound) {
  const v1::Workload workload = VerifiedWorkload(v1::SEND_MODE_SPLICE);
  const FlowRun run =
      RunFlow({.workload = workload, .sender = std::make_unique<TakesAShortSpliceForAll>()});
  EXPECT_THAT(run.receiver, StatusIs(absl::StatusCode::kDataLoss,
                                     HasSubstr("byte " + std::to_string(8192) + " of")));
}

// Submits the two halves of a message in the wrong order, as a ring does whose requests are not
// kept in order.
class ReordersItsRing final : public Sender {
 public:
  absl::Status Open(const FlowSpec& flow, int socket, Content& content) override {
    ASSIGN_OR_RETURN(source_, MessageBuffers::Create(1, flow.message_bytes, flow.fields,
                                                     MessageBuffers::Layout::kTogether));
    ASSIGN_OR_RETURN(ring_, Uring::Create({.submissions = 2, .completions = 4}));
    socket_ = socket;
    content_ = &content;
    return absl::OkStatus();
  }
  absl::StatusOr<Progress> Send(uint32_t) override {
    content_->Fill(messages_++, source_->Fields(0));
    const iovec whole = source_->Iovecs(0).front();
    const size_t half = whole.iov_len / 2;
    auto* bytes = static_cast<std::byte*>(whole.iov_base);
    for (std::byte* part : {bytes + half, bytes}) {
      io_uring_prep_send(ring_->NextSubmission(), socket_, part, half, MSG_NOSIGNAL | MSG_WAITALL);
    }
    for (int done = 0; done < 2;) {
      if (ring_->SubmitAndWait() < 0) return ErrnoStatus("io_uring_enter");
      while (const auto completion = ring_->NextCompletion()) {
        if (completion->result < 0) return ErrnoStatus(-completion->result, "send");
        ++done;
      }
    }
    return Progress{.messages = 1, .bytes = whole.iov_len};
  }
  absl::StatusOr<v1::Evidence> TakeEvidence() override { return v1::Evidence(); }
  void Echo(v1::Workload&) const override {}

 private:
  std::optional<MessageBuffers> source_;
  std::optional<Uring> ring_;
  int socket_ = -1;
  Content* content_ = nullptr;
  uint64_t messages_ = 0;
};

TEST(MutantsTest, AReorderedRingIsFound) {
  const absl::Status probed = ProbeUring();
  if (!probed.ok()) GTEST_SKIP() << probed.message();
  const FlowRun run = RunFlow({.workload = VerifiedWorkload(v1::SEND_MODE_URING_SEND),
                               .sender = std::make_unique<ReordersItsRing>()});
  EXPECT_THAT(run.receiver, StatusIs(absl::StatusCode::kDataLoss, HasSubstr("byte 0 of")));
}

// Takes one notification from the error queue and throws it away.
class LosesACompletion final : public Wrapped {
 public:
  using Wrapped::Wrapped;
  absl::Status Open(const FlowSpec& flow, int socket, Content& content) override {
    socket_ = socket;
    return Wrapped::Open(flow, socket, content);
  }
  absl::Status Reap() override {
    while (!lost_) {
      RETURN_IF_ERROR(AwaitNotification(socket_, absl::InfiniteFuture()));
      ASSIGN_OR_RETURN(const auto notification, ReadNotification(socket_));
      lost_ = notification.has_value();
    }
    return Wrapped::Reap();
  }

 private:
  int socket_ = -1;
  bool lost_ = false;
};

TEST(MutantsTest, ALostCompletionFailsTheFlow) {
  v1::Workload workload = VerifiedWorkload(v1::SEND_MODE_ZERO_COPY);
  workload.set_messages_per_flow(workload.ring_depth());  // so that nothing is reaped before
  const FlowRun run = RunFlow({.workload = workload,
                               .sender = std::make_unique<LosesACompletion>(workload.send_mode()),
                               .drain_limit = absl::Milliseconds(100)});
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
