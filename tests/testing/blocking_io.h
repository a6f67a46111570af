// send and recv of all bytes. One call may do with less and be right: what a ring of this thread
// left to be done when it was closed interrupts a call that waits (task_work_add, TWA_SIGNAL), as a
// signal does.
#ifndef COPYCOST_TESTS_TESTING_BLOCKING_IO_H_
#define COPYCOST_TESTS_TESTING_BLOCKING_IO_H_

#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace copycost::testing {

// Whether all was sent.
inline bool SendAll(int socket, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EINTR) return false;
    if (sent > 0) text.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

// As many bytes, or what came before the end of the stream.
inline std::string ReceiveAll(int socket, size_t bytes) {
  std::string text(bytes, '\0');
  size_t taken = 0;
  while (taken < bytes) {
    const ssize_t got = ::recv(socket, text.data() + taken, bytes - taken, 0);
    if (got == 0 || (got < 0 && errno != EINTR)) break;
    if (got > 0) taken += static_cast<size_t>(got);
  }
  text.resize(taken);
  return text;
}

}  // namespace copycost::testing

#endif  // COPYCOST_TESTS_TESTING_BLOCKING_IO_H_
