// One end of a TCP stream as one would write it by hand: plain system calls in a plain loop, and
// nothing of copycost. What the product's data path is compared with (docs/performance.md).
//
//   copycost_bench_bare_stream role=receive address=A congestion=C size=N
//   copycost_bench_bare_stream role=send address=A peer=A port=N congestion=C size=N mode=M ...
//
// with fields=N and ring=N.
//
// Started in its network namespace and on its CPU. Speaks on its standard streams, a line each:
//   to stdout:   "listening PORT" (receiver), then "ready" once connected and faulted in
//   from stdin:  "START OPEN CLOSE END", nanoseconds of CLOCK_MONOTONIC: when to begin, when the
//                measured window opens and closes, when the sender stops
//   to stdout:   "opened_ns=N closed_ns=N bytes=N calls=N cpu_ns=N total_bytes=N sends=N copied=N":
//                the window as it was, what was counted in it, and over the whole stream
// Anything that goes wrong is told on stderr, and the exit code is 1. A send that is cut short is
// among it: on a blocking socket that means an error, or too little locked memory.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
// After <time.h>: linux/errqueue.h uses struct timespec.
#include <linux/errqueue.h>

#include <cerrno>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr size_t kCacheLine = 64;
constexpr size_t kPage = 4096;
// Between two looks at the clock: some 50 us, for which 25 ns are paid.
constexpr uint64_t kLookBytes = 256 << 10;
constexpr int kPatienceMs = 5000;

[[noreturn]] void Fail(const char* what) {
  std::fprintf(stderr, "bare_stream: %s\n", what);
  std::exit(1);
}

[[noreturn]] void FailCall(const char* call) {
  std::fprintf(stderr, "bare_stream: %s: %s\n", call, std::strerror(errno));
  std::exit(1);
}

class Arguments {
 public:
  Arguments(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
      const std::string word = argv[i];
      const size_t equals = word.find('=');
      if (equals == word.npos) Fail(("not key=value: " + word).c_str());
      values_[word.substr(0, equals)] = word.substr(equals + 1);
    }
  }

  const std::string& Text(const std::string& key) const {
    const auto found = values_.find(key);
    if (found == values_.end()) Fail((key + "=: missing").c_str());
    return found->second;
  }
  uint64_t Number(const std::string& key) const {
    return std::strtoull(Text(key).c_str(), nullptr, 10);
  }

 private:
  std::map<std::string, std::string> values_;
};

int64_t Nanos(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// Counts, and notes time, bytes and CPU time at the first look after each end of the window.
class Window {
 public:
  void Schedule(int64_t open_ns, int64_t close_ns) {
    due_[0] = open_ns;
    due_[1] = close_ns;
  }

  // The time at the latest look.
  int64_t Count(uint64_t bytes) {
    bytes_ += bytes;
    ++calls_;
    if (bytes_ >= next_look_) Look();
    return now_;
  }

  void Look() {
    next_look_ = bytes_ + kLookBytes;
    now_ = Nanos(CLOCK_MONOTONIC);
    while (edge_ < 2 && now_ >= due_[edge_]) {
      edges_[edge_++] = {now_, bytes_, calls_, Nanos(CLOCK_THREAD_CPUTIME_ID)};
    }
  }

  void Print(uint64_t sends, uint64_t copied) const {
    if (edge_ < 2) Fail("the stream ended before its window closed");
    std::printf(
        "opened_ns=%" PRId64 " closed_ns=%" PRId64 " bytes=%" PRIu64 " calls=%" PRIu64
        " cpu_ns=%" PRId64 " total_bytes=%" PRIu64 " sends=%" PRIu64 " copied=%" PRIu64 "\n",
        edges_[0].now, edges_[1].now, edges_[1].bytes - edges_[0].bytes,
        edges_[1].calls - edges_[0].calls, edges_[1].cpu - edges_[0].cpu, bytes_, sends, copied);
  }

 private:
  struct Edge {
    int64_t now;
    uint64_t bytes;
    uint64_t calls;
    int64_t cpu;
  };

  uint64_t bytes_ = 0;
  uint64_t next_look_ = 0;
  uint64_t calls_ = 0;
  int64_t now_ = 0;
  int64_t due_[2] = {};
  size_t edge_ = 0;
  Edge edges_[2] = {};
};

char* Allocate(size_t bytes, int content) {
  const size_t alignment = bytes >= kPage ? kPage : kCacheLine;
  const size_t whole = (bytes + alignment - 1) / alignment * alignment;
  char* memory = static_cast<char*>(std::aligned_alloc(alignment, whole));
  if (memory == nullptr) Fail("no memory");
  std::memset(memory, content, whole);
  return memory;
}

std::vector<iovec> MakeMessage(const Arguments& arguments) {
  const uint64_t fields = arguments.Number("fields");
  const uint64_t size = arguments.Number("size");
  if (fields == 0 || size % fields != 0) Fail("size= is no multiple of fields=");
  std::vector<iovec> message;
  for (uint64_t i = 0; i < fields; ++i) {
    message.push_back({Allocate(size / fields, static_cast<int>(i + 1)), size / fields});
  }
  return message;
}

sockaddr_in Address(const std::string& text, uint64_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  if (::inet_pton(AF_INET, text.c_str(), &address.sin_addr) != 1) Fail("not an IPv4 address");
  return address;
}

int MakeSocket(const Arguments& arguments) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) FailCall("socket");
  const std::string& congestion = arguments.Text("congestion");
  if (::setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, congestion.data(), congestion.size()) != 0) {
    FailCall("setsockopt TCP_CONGESTION");
  }
  const sockaddr_in own = Address(arguments.Text("address"), 0);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&own), sizeof(own)) != 0) FailCall("bind");
  return fd;
}

// The 20 bytes each way that the product's connections begin with. What TCP learns from them, above
// all of the round trip, decides how it sizes the receive buffer. In a thread that does nothing
// else, as there: a thread's next bytes are put behind these in the same page (sk_page_frag).
void Greet(int fd, bool first) {
  char bytes[20] = {};
  if (first && ::send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL) != sizeof(bytes)) FailCall("send");
  if (::recv(fd, bytes, sizeof(bytes), MSG_WAITALL) != sizeof(bytes)) FailCall("recv");
  if (!first && ::send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL) != sizeof(bytes)) FailCall("send");
}

int Connect(const Arguments& arguments) {
  const int fd = MakeSocket(arguments);
  const sockaddr_in peer = Address(arguments.Text("peer"), arguments.Number("port"));
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&peer), sizeof(peer)) != 0) {
    FailCall("connect");
  }
  std::thread(Greet, fd, /*first=*/true).join();
  return fd;
}

int Accept(const Arguments& arguments) {
  const int listener = MakeSocket(arguments);
  sockaddr_in own{};
  socklen_t size = sizeof(own);
  if (::listen(listener, 1) != 0) FailCall("listen");
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&own), &size);
  std::printf("listening %d\n", ntohs(own.sin_port));
  const int fd = ::accept(listener, nullptr, nullptr);
  if (fd < 0) FailCall("accept");
  ::close(listener);
  std::thread(Greet, fd, /*first=*/false).join();
  return fd;
}

// Waits for the instants, and then for the first of them. Returns the last, when to stop.
int64_t AwaitStart(Window& window) {
  std::printf("ready\n");
  int64_t start = 0, open = 0, close = 0, end = 0;
  if (std::scanf("%" SCNd64 "%" SCNd64 "%" SCNd64 "%" SCNd64, &start, &open, &close, &end) != 4) {
    Fail("stdin does not say when to start");
  }
  window.Schedule(open, close);
  const timespec at = {.tv_sec = start / 1'000'000'000, .tv_nsec = start % 1'000'000'000};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) == EINTR) {
  }
  return end;
}

void CheckSent(ssize_t sent, size_t size, const char* call) {
  if (sent < 0) FailCall(call);
  if (static_cast<size_t>(sent) != size) Fail("a send was cut short");
}

msghdr HeaderOf(std::vector<iovec>& message) {
  msghdr header{};
  header.msg_iov = message.data();
  header.msg_iovlen = message.size();
  return header;
}

void SendTwoCopy(const Arguments& arguments, int fd, Window& window) {
  const size_t size = arguments.Number("size");
  const std::vector<iovec> message = MakeMessage(arguments);
  char* const staging = Allocate(size, 1);
  const int64_t end = AwaitStart(window);
  do {
    char* to = staging;
    for (const iovec& field : message) {
      std::memcpy(to, field.iov_base, field.iov_len);
      to += field.iov_len;
    }
    CheckSent(::send(fd, staging, size, MSG_NOSIGNAL), size, "send");
  } while (window.Count(size) < end);
}

void SendOneCopy(const Arguments& arguments, int fd, Window& window) {
  const size_t size = arguments.Number("size");
  std::vector<iovec> message = MakeMessage(arguments);
  const msghdr header = HeaderOf(message);
  const int64_t end = AwaitStart(window);
  do {
    CheckSent(::sendmsg(fd, &header, MSG_NOSIGNAL), size, "sendmsg");
  } while (window.Count(size) < end);
}

// Message n is made in slot n % depth, and is the socket's n-th zero-copy send.
class ZeroCopyRing {
 public:
  ZeroCopyRing(const Arguments& arguments, int fd) : fd_(fd) {
    const int one = 1;
    if (::setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)) != 0) {
      FailCall("setsockopt SO_ZEROCOPY");
    }
    for (uint64_t i = 0; i < arguments.Number("ring"); ++i) {
      messages_.push_back(MakeMessage(arguments));
    }
    if (messages_.empty()) Fail("ring=0");
    owned_by_kernel_.resize(messages_.size());
  }

  void Send(size_t size) {
    const size_t slot = sends_ % messages_.size();
    while (owned_by_kernel_[slot]) Await();
    const msghdr header = HeaderOf(messages_[slot]);
    CheckSent(::sendmsg(fd_, &header, MSG_ZEROCOPY | MSG_NOSIGNAL), size, "sendmsg MSG_ZEROCOPY");
    owned_by_kernel_[slot] = true;
    ++sends_;
  }

  void Drain() {
    while (completed_ < sends_) Await();
  }

  uint64_t sends() const { return sends_; }
  uint64_t copied() const { return copied_; }

 private:
  void Await() {
    pollfd entry{.fd = fd_, .events = 0, .revents = 0};  // POLLERR is always reported
    const int ready = ::poll(&entry, 1, kPatienceMs);
    if (ready == 0) Fail("zero-copy sends are not completed");
    if (ready < 0 && errno != EINTR) FailCall("poll");
    while (ReadNotification()) {
    }
  }

  bool ReadNotification() {
    alignas(cmsghdr) char control[128];
    msghdr message{};
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    if (::recvmsg(fd_, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) {
      if (errno == EAGAIN) return false;
      FailCall("recvmsg MSG_ERRQUEUE");
    }
    sock_extended_err error{};
    std::memcpy(&error, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(error));
    if (error.ee_origin != SO_EE_ORIGIN_ZEROCOPY) Fail("an error is in the error queue");
    const uint32_t count = error.ee_data - error.ee_info + 1;
    for (uint32_t i = 0; i < count; ++i) {
      owned_by_kernel_[(error.ee_info + i) % messages_.size()] = false;
    }
    completed_ += count;
    if ((error.ee_code & SO_EE_CODE_ZEROCOPY_COPIED) != 0) copied_ += count;
    return true;
  }

  const int fd_;
  std::vector<std::vector<iovec>> messages_;
  std::vector<char> owned_by_kernel_;
  uint64_t sends_ = 0;
  uint64_t completed_ = 0;
  uint64_t copied_ = 0;
};

// Says that no more comes, and waits for the receiver to say the same.
void EndStream(int fd) {
  char byte;
  if (::shutdown(fd, SHUT_WR) != 0) FailCall("shutdown");
  if (::recv(fd, &byte, sizeof(byte), 0) != 0) FailCall("recv at the end");
}

int Send(const Arguments& arguments) {
  Window window;
  const int fd = Connect(arguments);
  const std::string& mode = arguments.Text("mode");
  if (mode == "zero-copy") {
    ZeroCopyRing ring(arguments, fd);
    const size_t size = arguments.Number("size");
    const int64_t end = AwaitStart(window);
    do {
      ring.Send(size);
    } while (window.Count(size) < end);
    ring.Drain();
    EndStream(fd);
    window.Print(ring.sends(), ring.copied());
    return 0;
  }
  if (mode == "two-copy") {
    SendTwoCopy(arguments, fd, window);
  } else if (mode == "one-copy") {
    SendOneCopy(arguments, fd, window);
  } else {
    Fail("mode= is none of two-copy, one-copy, zero-copy");
  }
  EndStream(fd);
  window.Print(0, 0);
  return 0;
}

int Receive(const Arguments& arguments) {
  Window window;
  const int fd = Accept(arguments);
  const size_t size = arguments.Number("size");
  char* const buffer = Allocate(size, 1);
  AwaitStart(window);
  while (true) {
    const ssize_t taken = ::recv(fd, buffer, size, 0);
    if (taken < 0) FailCall("recv");
    if (taken == 0) break;
    window.Count(static_cast<uint64_t>(taken));
  }
  window.Look();
  ::shutdown(fd, SHUT_WR);
  window.Print(0, 0);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const Arguments arguments(argc, argv);
  return arguments.Text("role") == "send" ? Send(arguments) : Receive(arguments);
}
