// recvmsg() into an iovec of a message's fields: the kernel copies every byte, into as many places.
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "agent/message_buffers.h"
#include "agent/receive_modes/receive_modes.h"
#include "agent/send_modes/iovec_cursor.h"
#include "common/status.h"

namespace copycost {
namespace {

class ScatterReceiver final : public Receiver {
 public:
  absl::Status Open(const FlowSpec& flow, int socket, Sink& sink) override {
    ASSIGN_OR_RETURN(buffers_,
                     MessageBuffers::Create(1, flow.message_bytes, flow.fields,
                                            MessageBuffers::Layout::kSeparate, flow.memory));
    counters_ = &flow.counters;
    socket_ = socket;
    sink_ = &sink;
    return absl::OkStatus();
  }

  absl::StatusOr<Arrival> Receive() override {
    while (true) {
      msghdr header = HeaderOf(buffers_->Iovecs(slot_));
      const ssize_t taken = counters_->Call([&] { return ::recvmsg(socket_, &header, 0); });
      if (taken < 0 && errno == EINTR) continue;
      if (taken < 0) return ErrnoStatus("recvmsg");
      if (taken == 0) return Arrival{.end_of_stream = true};
      RETURN_IF_ERROR(Pass(static_cast<size_t>(taken)));
      slot_ = buffers_->After(slot_);
      return Arrival{.bytes = static_cast<uint64_t>(taken)};
    }
  }

  v1::Evidence TakeEvidence() override {
    v1::Evidence evidence;
    evidence.set_receive_copied_bytes(offset_);
    return evidence;
  }

  void Echo(v1::Workload& applied) const override {
    applied.set_receive_mode(v1::RECEIVE_MODE_SCATTER);
    buffers_->Echo(applied);
    applied.set_fields(buffers_->fields());
  }

 private:
  // The first `bytes` of the fields, in order.
  absl::Status Pass(size_t bytes) {
    for (const absl::Span<std::byte> field : buffers_->Fields(slot_)) {
      if (bytes == 0) break;
      const size_t filled = std::min(bytes, field.size());
      RETURN_IF_ERROR(sink_->Take(offset_, field.first(filled)));
      offset_ += filled;
      bytes -= filled;
    }
    return absl::OkStatus();
  }

  std::optional<MessageBuffers> buffers_;
  FlowCounters* counters_ = nullptr;
  Sink* sink_ = nullptr;
  int socket_ = -1;
  uint32_t slot_ = 0;  // of the call
  uint64_t offset_ = 0;
};

}  // namespace

std::unique_ptr<Receiver> MakeScatterReceiver() { return std::make_unique<ScatterReceiver>(); }

}  // namespace copycost
