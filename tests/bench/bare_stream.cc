// One end of a TCP stream as one would write it by hand: plain system calls in a plain loop, and
// nothing of copycost. What the product's data path is compared with (docs/performance.md).
//
//   copycost_bench_bare_stream role=receive address=A congestion=C size=N fields=N mode=M
//   copycost_bench_bare_stream role=send address=A peer=A port=N congestion=C size=N fields=N
//                              ring=N mode=M
//
// Started in its network namespace and on its CPU. Speaks on its standard streams, a line each:
//   to stdout:   "listening PORT" (receiver), then "ready" once connected and faulted in
//   from stdin:  "START OPEN CLOSE END", nanoseconds of CLOCK_MONOTONIC: when to begin, when the
//                measured window opens and closes, when the sender stops
//   to stdout:   "opened_ns=N closed_ns=N bytes=N calls=N cpu_ns=N total_bytes=N":
//                the window as it was, what was counted in it, and over the whole stream
// Anything that goes wrong is told on stderr, and the exit code is 1. A send that is cut short is
// among it: on a blocking socket that means an error, or too little locked memory.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <thread>

#include "tests/bench/bare_receives.h"
#include "tests/bench/bare_sends.h"
#include "tests/bench/bare_support.h"

namespace bare {
namespace {

// Between two looks at the clock: some 50 us, for which 25 ns are paid.
constexpr uint64_t kLookBytes = 256 << 10;

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

  void Print() const {
    if (edge_ < 2) Fail("the stream ended before its window closed");
    std::printf("opened_ns=%" PRId64 " closed_ns=%" PRId64 " bytes=%" PRIu64 " calls=%" PRIu64
                " cpu_ns=%" PRId64 " total_bytes=%" PRIu64 "\n",
                edges_[0].now, edges_[1].now, edges_[1].bytes - edges_[0].bytes,
                edges_[1].calls - edges_[0].calls, edges_[1].cpu - edges_[0].cpu, bytes_);
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

// Says that no more comes, and waits for the receiver to say the same.
void EndStream(int fd) {
  char byte;
  if (::shutdown(fd, SHUT_WR) != 0) FailCall("shutdown");
  if (::recv(fd, &byte, sizeof(byte), 0) != 0) FailCall("recv at the end");
}

template <typename Send>
void SendAll(int fd, const Shape& shape) {
  Window window;
  Send send(fd, shape);
  const int64_t end = AwaitStart(window);
  do {
    send();
  } while (window.Count(shape.bytes) < end);
  send.Drain();
  EndStream(fd);
  window.Print();
}

template <typename Receive>
void ReceiveAll(int fd, const Shape& shape) {
  Window window;
  Receive receive(fd, shape);
  AwaitStart(window);
  while (const size_t taken = receive()) window.Count(taken);
  window.Look();
  ::shutdown(fd, SHUT_WR);
  window.Print();
}

using Run = void (*)(int fd, const Shape& shape);

const std::map<std::string, Run> kSends = {
    {"two-copy", SendAll<TwoCopy>},
    {"one-copy", SendAll<OneCopy>},
    {"zero-copy", SendAll<ZeroCopy<MsgZeroCopy>>},
    {"writev", SendAll<Writev>},
    {"sendfile", SendAll<Sendfile>},
    {"splice", SendAll<Splice>},
    {"vmsplice", SendAll<Vmsplice>},
    {"uring-send", SendAll<UringSend>},
    {"uring-sendmsg", SendAll<UringSendmsg>},
    {"uring-zero-copy", SendAll<ZeroCopy<UringZeroCopy<false, false>>>},
    {"uring-zero-copy-fixed", SendAll<ZeroCopy<UringZeroCopy<true, false>>>},
    {"uring-sendmsg-zero-copy", SendAll<ZeroCopy<UringZeroCopy<false, true>>>},
};

const std::map<std::string, Run> kReceives = {
    {"recv", ReceiveAll<Recv>},
    {"scatter", ReceiveAll<Scatter>},
    {"truncate", ReceiveAll<Truncate>},
    {"splice-null", ReceiveAll<SpliceNull>},
    {"mapped", ReceiveAll<Mapped>},
    {"uring-recv", ReceiveAll<UringRecv>},
    {"uring-recv-multishot", ReceiveAll<UringRecvMultishot>},
};

Run Find(const std::map<std::string, Run>& modes, const std::string& mode) {
  const auto found = modes.find(mode);
  if (found == modes.end()) Fail(("mode=" + mode + ": not known").c_str());
  return found->second;
}

int Main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  ::signal(SIGPIPE, SIG_IGN);
  const Arguments arguments(argc, argv);
  Shape shape = {
      .bytes = arguments.Number("size"), .fields = arguments.Number("fields"), .ring = 0};
  if (shape.fields == 0 || shape.bytes % shape.fields != 0) {
    Fail("size= is no multiple of fields=");
  }
  const std::string& mode = arguments.Text("mode");
  if (arguments.Text("role") == "send") {
    shape.ring = arguments.Number("ring");
    const Run run = Find(kSends, mode);
    run(Connect(arguments), shape);
  } else {
    const Run run = Find(kReceives, mode);
    run(Accept(arguments), shape);
  }
  return 0;
}

}  // namespace
}  // namespace bare

int main(int argc, char** argv) { return bare::Main(argc, argv); }
