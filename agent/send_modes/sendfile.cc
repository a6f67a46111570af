// sendfile() from a memfd: the socket takes references to the file's pages, and nothing is copied
// on the way into the kernel. There is no completion: a page that was sent may be read by the
// kernel for as long as the peer likes. So a message that changes is written where nothing
// was sent from before; one that does not is written once, and sent again and again.
//
// The file is a log: messages are appended by writing (a copy), and when it is full its pages are
// given back (the kernel keeps those it still sends) and it begins anew. It is what a working set
// is of; the fields that are written are one message's.
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "absl/strings/str_cat.h"
#include "agent/message_buffers.h"
#include "agent/send_modes/iovec_cursor.h"
#include "agent/send_modes/send_modes.h"
#include "common/fd.h"
#include "common/page_size.h"
#include "common/status.h"
#include "common/units.h"

namespace copycost {
namespace {

// A message at least; enough that giving pages back is rare.
constexpr uint64_t kLogBytes = uint64_t{4} << 20;

class SendfileSender final : public Sender {
 public:
  absl::Status Open(const FlowSpec& flow, int socket, Content& content) override {
    ASSIGN_OR_RETURN(
        source_, MessageBuffers::Create(1, flow.message_bytes, flow.fields,
                                        MessageBuffers::Layout::kSeparate, flow.memory.OfOne()));
    file_ = UniqueFd(::memfd_create("messages", MFD_CLOEXEC));
    if (!file_.valid()) return ErrnoStatus("memfd_create");
    const uint64_t page = PageBytes();
    working_set_bytes_ = flow.memory.working_set_bytes;
    log_bytes_ = working_set_bytes_ > 0 ? working_set_bytes_
                                        : std::max(kLogBytes, RoundUp(flow.message_bytes, page));
    path_ = flow.path;
    counters_ = &flow.counters;
    socket_ = socket;
    content_ = &content;
    return content.changes() ? absl::OkStatus() : WriteAll();
  }

  absl::StatusOr<Progress> Send(uint32_t max_messages) override {
    Progress progress;
    while (progress.messages < max_messages) {
      if (content_->changes()) {
        RETURN_IF_ERROR(WriteNext());
      } else {
        begin_ = begin_ + source_->message_bytes() == end_ ? 0 : begin_ + source_->message_bytes();
      }
      RETURN_IF_ERROR(SendMessage());
      progress.bytes += source_->message_bytes();
      ++progress.messages;
    }
    return progress;
  }

  absl::StatusOr<v1::Evidence> TakeEvidence() override {
    v1::Evidence evidence;
    evidence.set_staged_bytes(staged_bytes_);
    // Without scatter-gather the kernel copies what the device cannot gather.
    if (path_ == DataPath::kNoScatterGather) evidence.set_kernel_copied_bytes(accepted_bytes_);
    return evidence;
  }

  void Echo(v1::Workload& applied) const override {
    applied.set_send_mode(v1::SEND_MODE_SENDFILE);
    source_->Echo(applied);
    if (working_set_bytes_ > 0) applied.set_working_set_bytes(log_bytes_);
    applied.set_fields(source_->fields());
  }

 private:
  // Messages that do not change: as many as the working set holds, and the last of them was sent.
  absl::Status WriteAll() {
    do {
      RETURN_IF_ERROR(Append());
    } while (end_ < working_set_bytes_);
    return absl::OkStatus();
  }

  // Fills the fields and appends them to the log.
  absl::Status WriteNext() {
    content_->Fill(messages_++, source_->Fields(0));
    if (end_ + source_->message_bytes() > log_bytes_) RETURN_IF_ERROR(BeginAnew());
    RETURN_IF_ERROR(Append());
    staged_bytes_ += source_->message_bytes();
    return absl::OkStatus();
  }

  // Its pages leave the file; those that are still being sent live on without it.
  absl::Status BeginAnew() {
    if (::ftruncate(file_.get(), 0) != 0) return ErrnoStatus("ftruncate of a memfd");
    end_ = 0;
    return absl::OkStatus();
  }

  absl::Status Append() {
    begin_ = end_;
    cursor_.Assign(source_->Iovecs(0), source_->message_bytes());
    while (!cursor_.done()) {
      const auto rest = cursor_.rest();
      const ssize_t written = ::pwritev(file_.get(), rest.data(), static_cast<int>(rest.size()),
                                        static_cast<off_t>(end_));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return ErrnoStatus("pwritev of a memfd");
      cursor_.Advance(static_cast<size_t>(written));
      end_ += static_cast<uint64_t>(written);
    }
    return absl::OkStatus();
  }

  // The message at begin_.
  absl::Status SendMessage() {
    const uint64_t end = begin_ + source_->message_bytes();
    auto offset = static_cast<off_t>(begin_);
    while (static_cast<uint64_t>(offset) < end) {
      const ssize_t accepted = counters_->Call([&] {
        return ::sendfile(socket_, file_.get(), &offset, end - static_cast<uint64_t>(offset));
      });
      if (accepted < 0 && errno == EINTR) continue;
      if (accepted < 0) return ErrnoStatus("sendfile");
      if (accepted == 0) return absl::InternalError("sendfile: the memfd is shorter than written");
      accepted_bytes_ += static_cast<uint64_t>(accepted);
    }
    return absl::OkStatus();
  }

  std::optional<MessageBuffers> source_;
  UniqueFd file_;
  IovecCursor cursor_;
  DataPath path_ = DataPath::kScatterGather;
  FlowCounters* counters_ = nullptr;
  Content* content_ = nullptr;
  int socket_ = -1;
  uint64_t working_set_bytes_ = 0;  // 0: none was asked for
  uint64_t log_bytes_ = 0;
  uint64_t begin_ = 0;  // of the message being sent
  uint64_t end_ = 0;    // of what is written
  uint64_t messages_ = 0;
  uint64_t staged_bytes_ = 0;
  uint64_t accepted_bytes_ = 0;
};

}  // namespace

std::unique_ptr<Sender> MakeSendfileSender() { return std::make_unique<SendfileSender>(); }

}  // namespace copycost
