// IORING_OP_RECV into a buffer of a message's size: the kernel copies every byte, as for recv().
#include <cerrno>
#include <optional>

#include "agent/message_buffers.h"
#include "agent/receive_modes/receive_modes.h"
#include "agent/uring/uring.h"
#include "common/status.h"

namespace copycost {
namespace {

class UringRecvReceiver final : public Receiver {
 public:
  absl::Status Open(const FlowSpec& flow, int socket, Sink& sink) override {
    ASSIGN_OR_RETURN(buffers_,
                     MessageBuffers::Create(1, flow.message_bytes, 1,
                                            MessageBuffers::Layout::kSeparate, flow.memory));
    ASSIGN_OR_RETURN(ring_, Uring::Create({.submissions = 1, .completions = 2}));
    counters_ = &flow.counters;
    socket_ = socket;
    sink_ = &sink;
    return absl::OkStatus();
  }

  absl::StatusOr<Arrival> Receive() override {
    const absl::Span<std::byte> buffer = buffers_->Fields(slot_)[0];
    slot_ = buffers_->After(slot_);
    while (true) {
      const int taken = counters_->Call([&] { return Take(buffer); });
      if (taken == -EINTR) continue;
      if (taken < 0) return ErrnoStatus(-taken, "IORING_OP_RECV");
      if (taken == 0) return Arrival{.end_of_stream = true};
      const auto bytes = static_cast<uint64_t>(taken);
      RETURN_IF_ERROR(sink_->Take(offset_, buffer.first(bytes)));
      offset_ += bytes;
      return Arrival{.bytes = bytes};
    }
  }

  v1::Evidence TakeEvidence() override {
    v1::Evidence evidence;
    evidence.set_receive_copied_bytes(offset_);
    return evidence;
  }

  void Echo(v1::Workload& applied) const override {
    applied.set_receive_mode(v1::RECEIVE_MODE_URING_RECV);
    buffers_->Echo(applied);
  }

 private:
  // Bytes, or a negative errno.
  int Take(absl::Span<std::byte> buffer) {
    io_uring_prep_recv(ring_->NextSubmission(), socket_, buffer.data(), buffer.size(), 0);
    while (true) {
      if (ring_->SubmitAndWait() < 0 && errno != EINTR) return -errno;
      if (const auto completion = ring_->NextCompletion()) return completion->result;
    }
  }

  std::optional<MessageBuffers> buffers_;
  std::optional<Uring> ring_;
  FlowCounters* counters_ = nullptr;
  Sink* sink_ = nullptr;
  int socket_ = -1;
  uint32_t slot_ = 0;  // of the next call
  uint64_t offset_ = 0;
};

}  // namespace

std::unique_ptr<Receiver> MakeUringRecvReceiver() { return std::make_unique<UringRecvReceiver>(); }

}  // namespace copycost
