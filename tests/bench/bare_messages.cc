#include "tests/bench/bare_messages.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
// After <time.h>: linux/errqueue.h uses struct timespec.
#include <linux/errqueue.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace copycost::bench {
namespace {

void Check(bool good, const char* call) {
  if (good) return;
  std::perror(call);
  std::abort();
}

msghdr HeaderOf(absl::Span<const iovec> message) {
  msghdr header{};
  header.msg_iov = const_cast<iovec*>(message.data());  // sendmsg only reads it
  header.msg_iovlen = message.size();
  return header;
}

}  // namespace

void SendTwoCopy(int socket, const MessageBuffers& source, const MessageBuffers& staging,
                 uint64_t messages) {
  const absl::Span<const iovec> fields = source.Iovecs(0);
  const absl::Span<std::byte> staged = staging.Fields(0)[0];
  for (uint64_t i = 0; i < messages; ++i) {
    std::byte* to = staged.data();
    for (const iovec& field : fields) {
      std::memcpy(to, field.iov_base, field.iov_len);
      to += field.iov_len;
    }
    const ssize_t sent = ::send(socket, staged.data(), staged.size(), MSG_NOSIGNAL);
    Check(sent == static_cast<ssize_t>(staged.size()), "send");
  }
}

void SendOneCopy(int socket, const MessageBuffers& source, uint64_t messages) {
  const msghdr header = HeaderOf(source.Iovecs(0));
  for (uint64_t i = 0; i < messages; ++i) {
    const ssize_t sent = ::sendmsg(socket, &header, MSG_NOSIGNAL);
    Check(sent == static_cast<ssize_t>(source.message_bytes()), "sendmsg");
  }
}

BareZeroCopy::BareZeroCopy(int socket, const MessageBuffers& ring)
    : socket_(socket), ring_(ring), owned_by_kernel_(ring.count()) {}

void BareZeroCopy::Send(uint64_t messages) {
  for (uint64_t i = 0; i < messages; ++i) {
    while (owned_by_kernel_[next_slot_]) Await();
    const msghdr header = HeaderOf(ring_.Iovecs(next_slot_));
    const ssize_t sent = ::sendmsg(socket_, &header, MSG_ZEROCOPY | MSG_NOSIGNAL);
    Check(sent == static_cast<ssize_t>(ring_.message_bytes()), "sendmsg MSG_ZEROCOPY");
    owned_by_kernel_[next_slot_] = true;
    if (++next_slot_ == owned_by_kernel_.size()) next_slot_ = 0;
  }
}

void BareZeroCopy::Await() {
  pollfd entry{.fd = socket_, .events = 0, .revents = 0};  // POLLERR is always reported
  const timespec timeout = {.tv_sec = 1, .tv_nsec = 0};
  Check(::ppoll(&entry, 1, &timeout, nullptr) == 1, "ppoll");
  while (ReadNotification()) {
  }
}

bool BareZeroCopy::ReadNotification() {
  alignas(cmsghdr) char control[128];
  msghdr message{};
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  if (::recvmsg(socket_, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return false;
  sock_extended_err error;
  std::memcpy(&error, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(error));
  Check(error.ee_origin == SO_EE_ORIGIN_ZEROCOPY, "notification");
  for (uint32_t number = error.ee_info; number != error.ee_data + 1; ++number) {
    owned_by_kernel_[number % owned_by_kernel_.size()] = false;
  }
  return true;
}

uint64_t Receive(int socket, absl::Span<std::byte> buffer, uint64_t messages) {
  uint64_t bytes = 0;
  while (bytes < messages * buffer.size()) {
    const ssize_t taken = ::recv(socket, buffer.data(), buffer.size(), 0);
    Check(taken > 0, "recv");
    bytes += static_cast<uint64_t>(taken);
  }
  return bytes;
}

}  // namespace copycost::bench
