// What the bare loop's files share. No code of copycost.
#ifndef COPYCOST_TESTS_BENCH_BARE_SUPPORT_H_
#define COPYCOST_TESTS_BENCH_BARE_SUPPORT_H_

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace bare {

inline constexpr size_t kCacheLine = 64;
inline constexpr size_t kPage = 4096;

[[noreturn]] inline void Fail(const char* what) {
  std::fprintf(stderr, "bare_stream: %s\n", what);
  std::exit(1);
}

[[noreturn]] inline void FailCall(const char* call) {
  std::fprintf(stderr, "bare_stream: %s: %s\n", call, std::strerror(errno));
  std::exit(1);
}

inline char* Allocate(size_t bytes, int content) {
  const size_t alignment = bytes >= kPage ? kPage : kCacheLine;
  const size_t whole = (bytes + alignment - 1) / alignment * alignment;
  char* memory = static_cast<char*>(std::aligned_alloc(alignment, whole));
  if (memory == nullptr) Fail("no memory");
  std::memset(memory, content, whole);
  return memory;
}

struct Shape {
  size_t bytes;  // of a message
  size_t fields;
  size_t ring;  // messages
};

inline std::vector<iovec> MakeMessage(const Shape& shape) {
  std::vector<iovec> message;
  for (size_t i = 0; i < shape.fields; ++i) {
    message.push_back({Allocate(shape.bytes / shape.fields, static_cast<int>(i + 1)),
                       shape.bytes / shape.fields});
  }
  return message;
}

inline msghdr HeaderOf(std::vector<iovec>& message) {
  msghdr header{};
  header.msg_iov = message.data();
  header.msg_iovlen = message.size();
  return header;
}

inline void CheckSent(ssize_t sent, size_t size, const char* call) {
  if (sent < 0) FailCall(call);
  if (static_cast<size_t>(sent) != size) Fail("a send was cut short");
}

}  // namespace bare

#endif  // COPYCOST_TESTS_BENCH_BARE_SUPPORT_H_
