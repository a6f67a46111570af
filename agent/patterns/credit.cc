#include "agent/patterns/credit.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "common/little_endian.h"
#include "common/status.h"

namespace copycost {
namespace {

// Less than any receive buffer holds: the kernel charges it a page for each field that was pinned.
constexpr uint64_t kMostBytes = 16 << 10;
constexpr uint64_t kMostMessages = 4;
constexpr int kSilenceMs = 1000;

}  // namespace

absl::Status Credit::Await(uint64_t sent_bytes, uint64_t message_bytes) {
  const uint64_t most =
      std::max(message_bytes, std::min(kMostBytes, kMostMessages * message_bytes));
  while (sent_bytes + message_bytes > taken_bytes_ + most) {
    RETURN_IF_ERROR(Hear());
    if (taken_bytes_ <= sent_bytes) continue;
    return absl::DataLossError(absl::StrCat("the receiver says that it has taken ", taken_bytes_,
                                            " bytes, and ", sent_bytes, " were sent"));
  }
  return absl::OkStatus();
}

absl::Status Credit::Grant(uint64_t taken_bytes) {
  std::array<std::byte, sizeof(uint64_t)> word;
  StoreLittleEndian(taken_bytes, absl::MakeSpan(word));
  if (::send(control_, word.data(), word.size(), MSG_NOSIGNAL) ==
      static_cast<ssize_t>(word.size())) {
    return absl::OkStatus();
  }
  return ErrnoStatus("send of credit");
}

absl::Status Credit::Hear() {
  pollfd entry{.fd = control_, .events = POLLIN, .revents = 0};
  const int ready = ::poll(&entry, 1, kSilenceMs);
  if (ready < 0 && errno != EINTR) return ErrnoStatus("poll");
  if (ready == 0) {
    return absl::DataLossError(
        "the receiver has taken nothing for 1 s: datagrams were lost, or it has stopped");
  }
  const ssize_t got =
      ::recv(control_, heard_.data() + heard_bytes_, heard_.size() - heard_bytes_, MSG_DONTWAIT);
  if (got == 0) return absl::UnavailableError("the receiver has ended the connection");
  if (got < 0) {
    return errno == EAGAIN || errno == EINTR ? absl::OkStatus() : ErrnoStatus("recv of credit");
  }
  heard_bytes_ += static_cast<size_t>(got);
  if (heard_bytes_ < heard_.size()) return absl::OkStatus();
  heard_bytes_ = 0;
  taken_bytes_ = std::max(taken_bytes_, LoadLittleEndian(heard_));
  return absl::OkStatus();
}

}  // namespace copycost
