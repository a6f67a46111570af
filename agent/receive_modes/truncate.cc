// recv() with MSG_TRUNC: TCP takes the bytes off the queue and throws them away (tcp(7)). Nothing
// is delivered. The floor: what a transfer costs without the receiver's copy.
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "agent/receive_modes/receive_modes.h"
#include "common/status.h"

namespace copycost {
namespace {

class TruncateReceiver final : public Receiver {
 public:
  absl::Status Open(const FlowSpec& flow, int socket, Sink& /*sink*/) override {
    message_bytes_ = flow.message_bytes;
    counters_ = &flow.counters;
    socket_ = socket;
    return absl::OkStatus();
  }

  absl::StatusOr<Arrival> Receive() override {
    while (true) {
      const ssize_t taken = counters_->Call([&] { return Truncate(); });
      if (taken < 0 && errno == EINTR) continue;
      if (taken < 0) return ErrnoStatus("recv MSG_TRUNC");
      if (taken == 0) return Arrival{.end_of_stream = true};
      return Arrival{.bytes = static_cast<uint64_t>(taken)};
    }
  }

  v1::Evidence TakeEvidence() override { return v1::Evidence(); }

  void Echo(v1::Workload& applied) const override {
    applied.set_receive_mode(v1::RECEIVE_MODE_TRUNCATE);
    applied.set_message_bytes(message_bytes_);
  }

 private:
  // As recv(), which ThreadSanitizer takes for one that writes to address 0, and two of these
  // threads for a race there.
  ssize_t Truncate() const {
    return ::syscall(SYS_recvfrom, socket_, nullptr, message_bytes_, MSG_TRUNC, nullptr, nullptr);
  }

  uint64_t message_bytes_ = 0;
  FlowCounters* counters_ = nullptr;
  int socket_ = -1;
};

}  // namespace

std::unique_ptr<Receiver> MakeTruncateReceiver() { return std::make_unique<TruncateReceiver>(); }

}  // namespace copycost
