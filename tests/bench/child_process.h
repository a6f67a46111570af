// A program run for a benchmark: in a network namespace, on one CPU, spoken with by lines. Killed,
// if it still runs, when the object or this process ends.
//
//   ASSIGN_OR_RETURN(ChildProcess child, ChildProcess::Start({.arguments = {"/bin/cat"}, ...}));
//   RETURN_IF_ERROR(child.Write("hello\n"));
//   ASSIGN_OR_RETURN(std::string line, child.ReadLine(deadline));
//   ASSIGN_OR_RETURN(std::string rest, child.Finish(deadline));
//
// For one thread, which also outlives the child: the child is killed when that thread ends.
#ifndef COPYCOST_TESTS_BENCH_CHILD_PROCESS_H_
#define COPYCOST_TESTS_BENCH_CHILD_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/fd.h"

namespace copycost::bench {

class ChildProcess {
 public:
  struct Options {
    std::vector<std::string> arguments;  // the program's path first
    pid_t network_of;                    // a process, whose network namespace it enters
    uint32_t cpu;                        // the only one it may use
  };

  // FailedPrecondition where the namespace or the CPU cannot be had; a program that cannot be
  // executed is told by the first call that waits for it.
  static absl::StatusOr<ChildProcess> Start(const Options& options);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess();

  // To its standard input.
  absl::Status Write(absl::string_view text);

  // The next line of its standard output, without the newline. `deadline` (monotonic):
  // DeadlineExceeded. Unavailable when its output ends first.
  absl::StatusOr<std::string> ReadLine(absl::Time deadline);

  // Waits for its end; what of its output has not been read. Internal when it ends with another
  // exit code than 0: what it said of that is on stderr, which it shares with this process.
  absl::StatusOr<std::string> Finish(absl::Time deadline);

  pid_t pid() const { return pid_; }

 private:
  ChildProcess(std::string name, pid_t pid, UniqueFd input, UniqueFd output);
  // False at the end of its output.
  absl::StatusOr<bool> ReadMore(absl::Time deadline);
  absl::Status Reap();

  std::string name_;
  pid_t pid_;  // -1 once reaped
  UniqueFd input_;
  UniqueFd output_;
  std::string read_;
};

}  // namespace copycost::bench

#endif  // COPYCOST_TESTS_BENCH_CHILD_PROCESS_H_
