// Ownership of file descriptors.
#ifndef COPYCOST_COMMON_FD_H_
#define COPYCOST_COMMON_FD_H_

#include <utility>

namespace copycost {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.Release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    Reset(other.Release());
    return *this;
  }
  ~UniqueFd() { Reset(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int Release() { return std::exchange(fd_, -1); }
  void Reset(int fd = -1);

 private:
  int fd_ = -1;
};

// First thing in main: where standard input, output or error are closed, puts something there that
// fails to be read or written. Else the next socket takes the number, and log lines go into it.
void ReserveStandardDescriptors();

}  // namespace copycost

#endif  // COPYCOST_COMMON_FD_H_
