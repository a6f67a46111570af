// What several descriptors show, waited for by one thread at once (epoll, level-triggered unless
// they are watched for EPOLLET). Made, used and destroyed by that thread.
#ifndef COPYCOST_AGENT_PATTERNS_READINESS_H_
#define COPYCOST_AGENT_PATTERNS_READINESS_H_

#include <sys/epoll.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/fd.h"

namespace copycost {

class Readiness {
 public:
  // For so many descriptors at most.
  static absl::StatusOr<Readiness> Create(size_t descriptors);

  // `events` as in epoll_ctl(2): error conditions are always shown. `tag` comes back with them.
  absl::Status Watch(int descriptor, uint32_t events, uint64_t tag);
  absl::Status Rewatch(int descriptor, uint32_t events, uint64_t tag);
  absl::Status Forget(int descriptor);

  // Waits until one of them shows something, `timeout_ms` at most (-1: however long it takes), and
  // gives all that do, each once; none when the time is over or a signal came. Valid until the next
  // call.
  absl::StatusOr<absl::Span<const epoll_event>> Wait(int timeout_ms);

 private:
  Readiness(UniqueFd epoll, size_t descriptors) : epoll_(std::move(epoll)), events_(descriptors) {}

  absl::Status Control(int operation, int descriptor, uint32_t events, uint64_t tag);

  UniqueFd epoll_;
  std::vector<epoll_event> events_;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_PATTERNS_READINESS_H_
