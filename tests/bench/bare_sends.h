// One message sent in each way there is, by plain calls. Each is made from an established socket
// and the shape of messages; operator() sends one whole message, Drain waits until the kernel needs
// no buffer any more. Nothing is written into a message after it was made.
#ifndef COPYCOST_TESTS_BENCH_BARE_SENDS_H_
#define COPYCOST_TESTS_BENCH_BARE_SENDS_H_

#include <fcntl.h>
#include <liburing.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <time.h>
#include <unistd.h>
// After <time.h>: linux/errqueue.h uses struct timespec.
#include <linux/errqueue.h>

#include <algorithm>

#include "tests/bench/bare_support.h"

namespace bare {

inline constexpr int kPatienceMs = 5000;

struct Drained {
  void Drain() {}
};

class TwoCopy : public Drained {
 public:
  TwoCopy(int fd, const Shape& shape)
      : fd_(fd), bytes_(shape.bytes), fields_(MakeMessage(shape)), staging_(Allocate(bytes_, 1)) {}

  void operator()() {
    char* to = staging_;
    for (const iovec& field : fields_) {
      std::memcpy(to, field.iov_base, field.iov_len);
      to += field.iov_len;
    }
    CheckSent(::send(fd_, staging_, bytes_, MSG_NOSIGNAL), bytes_, "send");
  }

 private:
  const int fd_;
  const size_t bytes_;
  const std::vector<iovec> fields_;
  char* const staging_;
};

class OneCopy : public Drained {
 public:
  OneCopy(int fd, const Shape& shape)
      : fd_(fd), bytes_(shape.bytes), fields_(MakeMessage(shape)), header_(HeaderOf(fields_)) {}

  void operator()() { CheckSent(::sendmsg(fd_, &header_, MSG_NOSIGNAL), bytes_, "sendmsg"); }

 private:
  const int fd_;
  const size_t bytes_;
  std::vector<iovec> fields_;
  const msghdr header_;
};

class Writev : public Drained {
 public:
  Writev(int fd, const Shape& shape) : fd_(fd), bytes_(shape.bytes), fields_(MakeMessage(shape)) {}

  void operator()() {
    CheckSent(::writev(fd_, fields_.data(), static_cast<int>(fields_.size())), bytes_, "writev");
  }

 private:
  const int fd_;
  const size_t bytes_;
  const std::vector<iovec> fields_;
};

class Sendfile : public Drained {
 public:
  Sendfile(int fd, const Shape& shape)
      : fd_(fd), bytes_(shape.bytes), file_(::memfd_create("message", MFD_CLOEXEC)) {
    const std::vector<iovec> fields = MakeMessage(shape);
    const auto parts = static_cast<int>(fields.size());
    if (::pwritev(file_, fields.data(), parts, 0) != static_cast<ssize_t>(bytes_)) {
      FailCall("pwritev");
    }
  }

  void operator()() {
    off_t offset = 0;
    while (static_cast<size_t>(offset) < bytes_) {
      const size_t left = bytes_ - static_cast<size_t>(offset);
      if (::sendfile(fd_, file_, &offset, left) <= 0) FailCall("sendfile");
    }
  }

 private:
  const int fd_;
  const size_t bytes_;
  const int file_;
};

class Pipe {
 public:
  explicit Pipe(const Shape& shape) {
    if (::pipe(ends_) != 0) FailCall("pipe");
    const size_t slots = (shape.bytes + kPage - 1) / kPage + shape.fields;
    const size_t size = std::min(slots * kPage, size_t{1} << 20);
    if (::fcntl(ends_[1], F_SETPIPE_SZ, static_cast<int>(size)) < 0) FailCall("F_SETPIPE_SZ");
  }

  int out() const { return ends_[0]; }
  int in() const { return ends_[1]; }

 private:
  int ends_[2];
};

inline void SpliceAll(int from, int to, size_t bytes) {
  while (bytes > 0) {
    const ssize_t moved = ::splice(from, nullptr, to, nullptr, bytes, SPLICE_F_MOVE);
    if (moved <= 0) FailCall("splice");
    bytes -= static_cast<size_t>(moved);
  }
}

class Splice : public Drained {
 public:
  Splice(int fd, const Shape& shape)
      : fd_(fd), bytes_(shape.bytes), fields_(MakeMessage(shape)), pipe_(shape) {}

  void operator()() {
    const ssize_t put = ::writev(pipe_.in(), fields_.data(), static_cast<int>(fields_.size()));
    CheckSent(put, bytes_, "writev to a pipe");
    SpliceAll(pipe_.out(), fd_, bytes_);
  }

 private:
  const int fd_;
  const size_t bytes_;
  const std::vector<iovec> fields_;
  const Pipe pipe_;
};

class Vmsplice : public Drained {
 public:
  Vmsplice(int fd, const Shape& shape)
      : fd_(fd), bytes_(shape.bytes), fields_(MakeMessage(shape)), pipe_(shape) {}

  void operator()() {
    CheckSent(::vmsplice(pipe_.in(), fields_.data(), fields_.size(), 0), bytes_, "vmsplice");
    SpliceAll(pipe_.out(), fd_, bytes_);
  }

 private:
  const int fd_;
  const size_t bytes_;
  const std::vector<iovec> fields_;
  const Pipe pipe_;
};

class Ring {
 public:
  explicit Ring(unsigned completions) {
    io_uring_params params{};
    params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE;
    params.cq_entries = completions;
    if (const int error = io_uring_queue_init_params(1, &ring_, &params)) {
      errno = -error;
      FailCall("io_uring_setup");
    }
  }

  io_uring* get() { return &ring_; }

  void SubmitAndWait() {
    if (const int error = io_uring_submit_and_wait(&ring_, 1); error < 0) {
      errno = -error;
      FailCall("io_uring_enter");
    }
  }

  // False when none has come.
  bool Next(io_uring_cqe& completion) {
    io_uring_cqe* entry = nullptr;
    if (io_uring_peek_cqe(&ring_, &entry) != 0) return false;
    completion = *entry;
    io_uring_cqe_seen(&ring_, entry);
    return true;
  }

 private:
  io_uring ring_;
};

class UringSend : public Drained {
 public:
  UringSend(int fd, const Shape& shape)
      : fd_(fd), bytes_(shape.bytes), buffer_(Allocate(bytes_, 1)), ring_(2) {}

  void operator()() {
    io_uring_prep_send(io_uring_get_sqe(ring_.get()), fd_, buffer_, bytes_,
                       MSG_NOSIGNAL | MSG_WAITALL);
    io_uring_cqe completion;
    do ring_.SubmitAndWait();
    while (!ring_.Next(completion));
    CheckSent(completion.res, bytes_, "IORING_OP_SEND");
  }

 private:
  const int fd_;
  const size_t bytes_;
  char* const buffer_;
  Ring ring_;
};

class UringSendmsg : public Drained {
 public:
  UringSendmsg(int fd, const Shape& shape)
      : fd_(fd),
        bytes_(shape.bytes),
        fields_(MakeMessage(shape)),
        header_(HeaderOf(fields_)),
        ring_(2) {}

  void operator()() {
    io_uring_prep_sendmsg(io_uring_get_sqe(ring_.get()), fd_, &header_, MSG_NOSIGNAL | MSG_WAITALL);
    io_uring_cqe completion;
    do ring_.SubmitAndWait();
    while (!ring_.Next(completion));
    CheckSent(completion.res, bytes_, "IORING_OP_SENDMSG");
  }

 private:
  const int fd_;
  const size_t bytes_;
  std::vector<iovec> fields_;
  const msghdr header_;
  Ring ring_;
};

// Message n is made in slot n % depth, and is the n-th send. `Kernel` sends a slot and takes what
// is completed.
template <typename Kernel>
class ZeroCopy {
 public:
  ZeroCopy(int fd, const Shape& shape)
      : bytes_(shape.bytes), kernel_(fd, shape), owned_by_kernel_(shape.ring) {
    if (shape.ring == 0) Fail("ring=0");
  }

  void operator()() {
    const size_t slot = sends_ % owned_by_kernel_.size();
    while (owned_by_kernel_[slot]) Await();
    CheckSent(kernel_.Send(slot), bytes_, Kernel::kName);
    owned_by_kernel_[slot] = true;
    ++sends_;
  }

  void Drain() {
    while (completed_ < sends_) Await();
  }

 private:
  void Await() {
    kernel_.Await([this](uint32_t first, uint32_t last) {
      for (uint32_t send = first; send != last + 1; ++send) {
        owned_by_kernel_[send % owned_by_kernel_.size()] = false;
        ++completed_;
      }
    });
  }

  const size_t bytes_;
  Kernel kernel_;
  std::vector<char> owned_by_kernel_;
  uint64_t sends_ = 0;
  uint64_t completed_ = 0;
};

class MsgZeroCopy {
 public:
  static constexpr char kName[] = "sendmsg MSG_ZEROCOPY";

  MsgZeroCopy(int fd, const Shape& shape) : fd_(fd) {
    const int one = 1;
    if (::setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)) != 0) {
      FailCall("setsockopt SO_ZEROCOPY");
    }
    for (size_t i = 0; i < shape.ring; ++i) messages_.push_back(MakeMessage(shape));
  }

  ssize_t Send(size_t slot) {
    const msghdr header = HeaderOf(messages_[slot]);
    return ::sendmsg(fd_, &header, MSG_ZEROCOPY | MSG_NOSIGNAL);
  }

  template <typename Completed>
  void Await(const Completed& completed) {
    pollfd entry{.fd = fd_, .events = 0, .revents = 0};  // POLLERR is always reported
    const int ready = ::poll(&entry, 1, kPatienceMs);
    if (ready == 0) Fail("zero-copy sends are not completed");
    if (ready < 0 && errno != EINTR) FailCall("poll");
    while (ReadNotification(completed)) {
    }
  }

 private:
  template <typename Completed>
  bool ReadNotification(const Completed& completed) {
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
    completed(error.ee_info, error.ee_data);
    return true;
  }

  const int fd_;
  std::vector<std::vector<iovec>> messages_;
};

// `kFixed`: from registered buffers. `kGather`: an iovec of fields; else one buffer.
template <bool kFixed, bool kGather>
class UringZeroCopy {
 public:
  static constexpr char kName[] = "io_uring zero-copy send";

  UringZeroCopy(int fd, const Shape& shape)
      : fd_(fd), ring_(static_cast<unsigned>(8 * shape.ring + 8)) {
    Shape whole = shape;
    if (!kGather) whole.fields = 1;
    for (size_t i = 0; i < shape.ring; ++i) messages_.push_back(MakeMessage(whole));
    if (!kFixed) return;
    std::vector<iovec> buffers;
    for (const auto& message : messages_) buffers.push_back(message[0]);
    const auto count = static_cast<unsigned>(buffers.size());
    if (const int error = io_uring_register_buffers(ring_.get(), buffers.data(), count)) {
      errno = -error;
      FailCall("io_uring_register_buffers");
    }
  }

  ssize_t Send(size_t slot) {
    io_uring_sqe* entry = io_uring_get_sqe(ring_.get());
    const msghdr header = HeaderOf(messages_[slot]);
    const iovec& buffer = messages_[slot][0];
    const int flags = MSG_NOSIGNAL | MSG_WAITALL;
    if (kGather) {
      io_uring_prep_sendmsg_zc(entry, fd_, &header, flags);
    } else if (kFixed) {
      io_uring_prep_send_zc_fixed(entry, fd_, buffer.iov_base, buffer.iov_len, flags, 0,
                                  static_cast<unsigned>(slot));
    } else {
      io_uring_prep_send_zc(entry, fd_, buffer.iov_base, buffer.iov_len, flags, 0);
    }
    const uint32_t send = sends_++;
    entry->user_data = send;
    ring_.SubmitAndWait();
    while (true) {
      io_uring_cqe completion;
      if (!ring_.Next(completion)) {
        ring_.SubmitAndWait();
        continue;
      }
      if ((completion.flags & IORING_CQE_F_NOTIF) == 0) return completion.res;
      early_.push_back(static_cast<uint32_t>(completion.user_data));
    }
  }

  template <typename Completed>
  void Await(const Completed& completed) {
    for (const uint32_t send : early_) completed(send, send);
    const bool any = !early_.empty();
    early_.clear();
    io_uring_cqe completion;
    if (!any) ring_.SubmitAndWait();
    while (ring_.Next(completion)) {
      const auto send = static_cast<uint32_t>(completion.user_data);
      completed(send, send);
    }
  }

 private:
  const int fd_;
  std::vector<std::vector<iovec>> messages_;
  Ring ring_;
  uint32_t sends_ = 0;
  std::vector<uint32_t> early_;
};

}  // namespace bare

#endif  // COPYCOST_TESTS_BENCH_BARE_SENDS_H_
