#include "agent/patterns/credit.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "common/clock.h"
#include "common/little_endian.h"
#include "common/status.h"

namespace copycost {
namespace {

// Less than any receive buffer holds: the kernel charges it a page for each field that was pinned.
constexpr uint64_t kMostBytes = 16 << 10;
constexpr uint64_t kMostMessages = 4;
constexpr int kSilenceMs = 1000;

absl::Status Silent() {
  return absl::DataLossError(
      "the receiver has taken nothing for 1 s: datagrams were lost, or it has stopped");
}

}  // namespace

bool Credit::Covers(uint64_t sent_bytes, uint64_t message_bytes) const {
  const uint64_t most =
      std::max(message_bytes, std::min(kMostBytes, kMostMessages * message_bytes));
  const uint64_t wanted = sent_bytes + message_bytes;
  return wanted <= most || wanted - most <= taken_bytes_;
}

absl::Status Credit::Await(uint64_t sent_bytes, uint64_t message_bytes) {
  while (!Covers(sent_bytes, message_bytes)) {
    ASSIGN_OR_RETURN(const bool heard, Hear(kSilenceMs));
    if (!heard) return Silent();
  }
  return CheckTaken(sent_bytes);
}

absl::StatusOr<bool> Credit::Has(uint64_t sent_bytes, uint64_t message_bytes) {
  while (!Covers(sent_bytes, message_bytes)) {
    ASSIGN_OR_RETURN(const bool heard, Hear(0));
    if (heard) {
      silent_since_ns_ = 0;
      continue;
    }
    const int64_t now = MonotonicNanos();
    if (silent_since_ns_ == 0) silent_since_ns_ = now;
    if (now - silent_since_ns_ > int64_t{kSilenceMs} * 1'000'000) return Silent();
    return false;
  }
  silent_since_ns_ = 0;
  RETURN_IF_ERROR(CheckTaken(sent_bytes));
  return true;
}

absl::Status Credit::CheckTaken(uint64_t sent_bytes) const {
  if (taken_bytes_ <= sent_bytes) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("the receiver says that it has taken ", taken_bytes_,
                                          " bytes, and ", sent_bytes, " were sent"));
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

// Takes a word, or a part of one. False when none came in time.
absl::StatusOr<bool> Credit::Hear(int timeout_ms) {
  pollfd entry{.fd = control_, .events = POLLIN, .revents = 0};
  const int ready = ::poll(&entry, 1, timeout_ms);
  if (ready < 0 && errno != EINTR) return ErrnoStatus("poll");
  if (ready == 0) return false;
  const ssize_t got =
      ::recv(control_, heard_.data() + heard_bytes_, heard_.size() - heard_bytes_, MSG_DONTWAIT);
  if (got == 0) return absl::UnavailableError("the receiver has ended the connection");
  if (got < 0) {
    if (errno == EAGAIN || errno == EINTR) return true;
    return ErrnoStatus("recv of credit");
  }
  heard_bytes_ += static_cast<size_t>(got);
  if (heard_bytes_ < heard_.size()) return true;
  heard_bytes_ = 0;
  taken_bytes_ = std::max(taken_bytes_, LoadLittleEndian(heard_));
  return true;
}

}  // namespace copycost
