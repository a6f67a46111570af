// Bytes taken in each way there is, by plain calls. Each is made from an established socket and the
// size of messages; operator() takes what is there and returns how much, 0 at the end of the
// stream.
#ifndef COPYCOST_TESTS_BENCH_BARE_RECEIVES_H_
#define COPYCOST_TESTS_BENCH_BARE_RECEIVES_H_

#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/mman.h>

#include "tests/bench/bare_sends.h"
#include "tests/bench/bare_support.h"

namespace bare {

class Recv {
 public:
  Recv(int fd, const Shape& shape) : fd_(fd), bytes_(shape.bytes), buffer_(Allocate(bytes_, 1)) {}

  size_t operator()() {
    const ssize_t taken = ::recv(fd_, buffer_, bytes_, 0);
    if (taken < 0) FailCall("recv");
    return static_cast<size_t>(taken);
  }

 private:
  const int fd_;
  const size_t bytes_;
  char* const buffer_;
};

class Scatter {
 public:
  Scatter(int fd, const Shape& shape) : fd_(fd), fields_(MakeMessage(shape)) {}

  size_t operator()() {
    msghdr header = HeaderOf(fields_);
    const ssize_t taken = ::recvmsg(fd_, &header, 0);
    if (taken < 0) FailCall("recvmsg");
    return static_cast<size_t>(taken);
  }

 private:
  const int fd_;
  std::vector<iovec> fields_;
};

class Truncate {
 public:
  Truncate(int fd, const Shape& shape) : fd_(fd), bytes_(shape.bytes) {}

  size_t operator()() {
    const ssize_t taken = ::recv(fd_, nullptr, bytes_, MSG_TRUNC);
    if (taken < 0) FailCall("recv MSG_TRUNC");
    return static_cast<size_t>(taken);
  }

 private:
  const int fd_;
  const size_t bytes_;
};

class SpliceNull {
 public:
  SpliceNull(int fd, const Shape& shape)
      : fd_(fd), bytes_(shape.bytes), pipe_({shape.bytes, 16, 0}) {
    null_ = ::open("/dev/null", O_WRONLY);
    if (null_ < 0) FailCall("/dev/null");
  }

  size_t operator()() {
    const ssize_t taken = ::splice(fd_, nullptr, pipe_.in(), nullptr, bytes_, SPLICE_F_MOVE);
    if (taken < 0) FailCall("splice");
    SpliceAll(pipe_.out(), null_, static_cast<size_t>(taken));
    return static_cast<size_t>(taken);
  }

 private:
  const int fd_;
  const size_t bytes_;
  const Pipe pipe_;
  int null_;
};

// Without looking at what was mapped.
class Mapped {
 public:
  Mapped(int fd, const Shape& shape)
      : fd_(fd),
        window_((std::max<size_t>(shape.bytes, 512 << 10) + kPage - 1) / kPage * kPage),
        buffer_bytes_(std::max(shape.bytes, kPage)),
        buffer_(Allocate(buffer_bytes_, 1)) {
    constexpr size_t kTable = 2 << 20;  // no page table in common with anything else
    const size_t reserved = (window_ + kTable - 1) / kTable * kTable + kTable;
    void* const begin =
        ::mmap(nullptr, reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (begin == MAP_FAILED) FailCall("mmap");
    const auto place = (reinterpret_cast<uintptr_t>(begin) + kTable - 1) / kTable * kTable;
    place_ =
        ::mmap(reinterpret_cast<void*>(place), window_, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0);
    if (place_ == MAP_FAILED) FailCall("mmap");
  }

  size_t operator()() {
    while (true) {
      if (unmappable_ > 0) return Copy(std::min(unmappable_, buffer_bytes_), 0);
      pollfd entry{.fd = fd_, .events = POLLIN, .revents = 0};
      if (::poll(&entry, 1, -1) < 0) FailCall("poll");
      tcp_zerocopy_receive request{};
      request.address = reinterpret_cast<uintptr_t>(place_);
      request.length = static_cast<uint32_t>(window_);
      socklen_t size = sizeof(request);
      if (::getsockopt(fd_, IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE, &request, &size) != 0) {
        if (errno == EIO) return Copy(buffer_bytes_, 0);
        FailCall("TCP_ZEROCOPY_RECEIVE");
      }
      unmappable_ = request.recv_skip_hint;
      if (request.length > 0) return request.length;
      if (unmappable_ == 0) return Copy(buffer_bytes_, 0);
    }
  }

 private:
  size_t Copy(size_t bytes, int flags) {
    const ssize_t taken = ::recv(fd_, buffer_, bytes, flags);
    if (taken < 0) FailCall("recv");
    unmappable_ -= std::min(unmappable_, static_cast<size_t>(taken));
    return static_cast<size_t>(taken);
  }

  const int fd_;
  const size_t window_;
  const size_t buffer_bytes_;
  char* const buffer_;
  void* place_;
  size_t unmappable_ = 0;
};

class UringRecv {
 public:
  UringRecv(int fd, const Shape& shape)
      : fd_(fd), bytes_(shape.bytes), buffer_(Allocate(bytes_, 1)), ring_(2) {}

  size_t operator()() {
    io_uring_prep_recv(io_uring_get_sqe(ring_.get()), fd_, buffer_, bytes_, 0);
    io_uring_cqe completion;
    do ring_.SubmitAndWait();
    while (!ring_.Next(completion));
    if (completion.res < 0) Fail("IORING_OP_RECV failed");
    return static_cast<size_t>(completion.res);
  }

 private:
  const int fd_;
  const size_t bytes_;
  char* const buffer_;
  Ring ring_;
};

// Into a ring of buffers that the kernel takes from.
class UringRecvMultishot {
 public:
  UringRecvMultishot(int fd, const Shape& shape)
      : fd_(fd), bytes_(shape.bytes), count_(CountOf(shape.bytes)), ring_(2 * count_) {
    for (unsigned i = 0; i < count_; ++i) buffers_.push_back(Allocate(bytes_, 1));
    shared_ = reinterpret_cast<io_uring_buf_ring*>(Allocate(kPage, 0));
    io_uring_buf_ring_init(shared_);
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<uintptr_t>(shared_);
    registration.ring_entries = count_;
    registration.bgid = 1;
    if (const int error = io_uring_register_buf_ring(ring_.get(), &registration, 0)) {
      errno = -error;
      FailCall("io_uring_register_buf_ring");
    }
    for (unsigned i = 0; i < count_; ++i) Provide(i);
  }

  size_t operator()() {
    while (true) {
      io_uring_cqe completion;
      if (!ring_.Next(completion)) {
        if (!armed_) Arm();
        ring_.SubmitAndWait();
        continue;
      }
      if ((completion.flags & IORING_CQE_F_MORE) == 0) armed_ = false;
      if (completion.res == -ENOBUFS) continue;
      if (completion.res < 0) Fail("IORING_OP_RECV failed");
      if (completion.res > 0) Provide(completion.flags >> IORING_CQE_BUFFER_SHIFT);
      return static_cast<size_t>(completion.res);
    }
  }

 private:
  static unsigned CountOf(size_t bytes) { return (4 << 20) / bytes >= 4 ? 4 : 2; }

  void Arm() {
    io_uring_sqe* entry = io_uring_get_sqe(ring_.get());
    io_uring_prep_recv_multishot(entry, fd_, nullptr, 0, 0);
    entry->flags |= IOSQE_BUFFER_SELECT;
    entry->buf_group = 1;
    armed_ = true;
  }

  void Provide(unsigned buffer) {
    io_uring_buf_ring_add(shared_, buffers_[buffer], static_cast<unsigned>(bytes_),
                          static_cast<unsigned short>(buffer), io_uring_buf_ring_mask(count_), 0);
    io_uring_buf_ring_advance(shared_, 1);
  }

  const int fd_;
  const size_t bytes_;
  const unsigned count_;
  Ring ring_;
  std::vector<char*> buffers_;
  io_uring_buf_ring* shared_;
  bool armed_ = false;
};

}  // namespace bare

#endif  // COPYCOST_TESTS_BENCH_BARE_RECEIVES_H_
