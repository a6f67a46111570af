#include "tests/bench/null_socket.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
// After <time.h>: linux/errqueue.h uses struct timespec.
#include <linux/errqueue.h>

#include <cerrno>
#include <cstring>

namespace copycost::bench {
namespace {

struct NullSocket {
  uint64_t receives = 0;
  uint32_t zero_copy_sends = 0;
  uint32_t completed = 0;
};

NullSocket the_socket;

size_t BytesOf(const msghdr& message) {
  size_t bytes = 0;
  for (size_t i = 0; i < message.msg_iovlen; ++i) bytes += message.msg_iov[i].iov_len;
  return bytes;
}

ssize_t ReadErrorQueue(msghdr& message) {
  if (the_socket.completed == the_socket.zero_copy_sends) {
    errno = EAGAIN;
    return -1;
  }
  sock_extended_err error{};
  error.ee_origin = SO_EE_ORIGIN_ZEROCOPY;
  error.ee_code = SO_EE_CODE_ZEROCOPY_COPIED;
  error.ee_info = the_socket.completed;
  error.ee_data = the_socket.zero_copy_sends - 1;
  cmsghdr& header = *CMSG_FIRSTHDR(&message);
  header.cmsg_level = SOL_IP;
  header.cmsg_type = IP_RECVERR;
  header.cmsg_len = CMSG_LEN(sizeof(error));
  std::memcpy(CMSG_DATA(&header), &error, sizeof(error));
  message.msg_controllen = CMSG_SPACE(sizeof(error));
  message.msg_flags = MSG_ERRQUEUE;
  the_socket.completed = the_socket.zero_copy_sends;
  return 0;
}

}  // namespace

void ResetNullSocket(uint64_t receives) { the_socket = {.receives = receives}; }

void AllowReceives(uint64_t receives) { the_socket.receives = receives; }

}  // namespace copycost::bench

// The names are the linker's: __wrap_f is called where f was, __real_f is what f was.
extern "C" {

using copycost::bench::kNullSocket;
using copycost::bench::the_socket;

ssize_t __real_send(int fd, const void* bytes, size_t size, int flags);
ssize_t __real_sendmsg(int fd, const msghdr* message, int flags);
ssize_t __real_recv(int fd, void* bytes, size_t size, int flags);
ssize_t __real_recvmsg(int fd, msghdr* message, int flags);
int __real_ppoll(pollfd* entries, nfds_t count, const timespec* timeout, const sigset_t* mask);
int __real_setsockopt(int fd, int level, int option, const void* value, socklen_t size);
int __real_getsockopt(int fd, int level, int option, void* value, socklen_t* size);

ssize_t __wrap_send(int fd, const void* bytes, size_t size, int flags) {
  if (fd != kNullSocket) return __real_send(fd, bytes, size, flags);
  return static_cast<ssize_t>(size);
}

ssize_t __wrap_sendmsg(int fd, const msghdr* message, int flags) {
  if (fd != kNullSocket) return __real_sendmsg(fd, message, flags);
  if ((flags & MSG_ZEROCOPY) != 0) ++the_socket.zero_copy_sends;
  return static_cast<ssize_t>(copycost::bench::BytesOf(*message));
}

ssize_t __wrap_recv(int fd, void* bytes, size_t size, int flags) {
  if (fd != kNullSocket) return __real_recv(fd, bytes, size, flags);
  if (the_socket.receives == 0) return 0;
  --the_socket.receives;
  return static_cast<ssize_t>(size);
}

ssize_t __wrap_recvmsg(int fd, msghdr* message, int flags) {
  if (fd != kNullSocket) return __real_recvmsg(fd, message, flags);
  return copycost::bench::ReadErrorQueue(*message);
}

int __wrap_ppoll(pollfd* entries, nfds_t count, const timespec* timeout, const sigset_t* mask) {
  if (count != 1 || entries[0].fd != kNullSocket) {
    return __real_ppoll(entries, count, timeout, mask);
  }
  entries[0].revents = POLLERR;
  return 1;
}

int __wrap_setsockopt(int fd, int level, int option, const void* value, socklen_t size) {
  if (fd != kNullSocket) return __real_setsockopt(fd, level, option, value, size);
  return 0;
}

int __wrap_getsockopt(int fd, int level, int option, void* value, socklen_t* size) {
  if (fd != kNullSocket) return __real_getsockopt(fd, level, option, value, size);
  std::memset(value, 0, *size);
  return 0;
}

}  // extern "C"
