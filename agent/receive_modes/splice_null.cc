// splice() from the socket into a pipe, and from there to /dev/null: the pipe takes references to
// the pages in the socket's queue, and /dev/null drops them. What lies in pages is not copied, and
// nothing is delivered.
#include <fcntl.h>

#include <cerrno>

#include "agent/pipe.h"
#include "agent/receive_modes/receive_modes.h"
#include "common/status.h"

namespace copycost {
namespace {

class SpliceNullReceiver final : public Receiver {
 public:
  absl::Status Open(const FlowSpec& flow, int socket, Sink& /*sink*/) override {
    ASSIGN_OR_RETURN(pipe_, Pipe::Create(flow.message_bytes, kParts));
    null_ = UniqueFd(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    if (!null_.valid()) return ErrnoStatus("open /dev/null");
    message_bytes_ = flow.message_bytes;
    counters_ = &flow.counters;
    socket_ = socket;
    return absl::OkStatus();
  }

  absl::StatusOr<Arrival> Receive() override {
    while (true) {
      const ssize_t taken = counters_->Call([&] {
        return ::splice(socket_, nullptr, pipe_.write.get(), nullptr, message_bytes_,
                        SPLICE_F_MOVE);
      });
      if (taken < 0 && errno == EINTR) continue;
      if (taken < 0) return ErrnoStatus("splice from the socket");
      if (taken == 0) return Arrival{.end_of_stream = true};
      RETURN_IF_ERROR(Drop(static_cast<size_t>(taken)));
      return Arrival{.bytes = static_cast<uint64_t>(taken)};
    }
  }

  v1::Evidence TakeEvidence() override { return v1::Evidence(); }

  void Echo(v1::Workload& applied) const override {
    applied.set_receive_mode(v1::RECEIVE_MODE_SPLICE_NULL);
    applied.set_message_bytes(message_bytes_);
  }

 private:
  // Segments of the queue begin and end anywhere in their pages.
  static constexpr uint32_t kParts = 16;

  absl::Status Drop(size_t bytes) {
    while (bytes > 0) {
      const ssize_t dropped =
          ::splice(pipe_.read.get(), nullptr, null_.get(), nullptr, bytes, SPLICE_F_MOVE);
      if (dropped < 0 && errno == EINTR) continue;
      if (dropped < 0) return ErrnoStatus("splice to /dev/null");
      if (dropped == 0) return absl::InternalError("splice to /dev/null: the pipe held less");
      bytes -= static_cast<size_t>(dropped);
    }
    return absl::OkStatus();
  }

  Pipe pipe_;
  UniqueFd null_;
  uint64_t message_bytes_ = 0;
  FlowCounters* counters_ = nullptr;
  int socket_ = -1;
};

}  // namespace

std::unique_ptr<Receiver> MakeSpliceNullReceiver() {
  return std::make_unique<SpliceNullReceiver>();
}

}  // namespace copycost
