#include "agent/patterns/readiness.h"

#include <cerrno>

#include "common/status.h"

namespace copycost {

absl::StatusOr<Readiness> Readiness::Create(size_t descriptors) {
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.valid()) return ErrnoStatus("epoll_create1");
  return Readiness(std::move(epoll), descriptors);
}

absl::Status Readiness::Watch(int descriptor, uint32_t events, uint64_t tag) {
  return Control(EPOLL_CTL_ADD, descriptor, events, tag);
}

absl::Status Readiness::Rewatch(int descriptor, uint32_t events, uint64_t tag) {
  return Control(EPOLL_CTL_MOD, descriptor, events, tag);
}

absl::Status Readiness::Forget(int descriptor) { return Control(EPOLL_CTL_DEL, descriptor, 0, 0); }

absl::Status Readiness::Control(int operation, int descriptor, uint32_t events, uint64_t tag) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag;
  if (::epoll_ctl(epoll_.get(), operation, descriptor, &event) == 0) return absl::OkStatus();
  return ErrnoStatus("epoll_ctl");
}

absl::StatusOr<absl::Span<const epoll_event>> Readiness::Wait(int timeout_ms) {
  const int shown =
      ::epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), timeout_ms);
  if (shown < 0 && errno != EINTR) return ErrnoStatus("epoll_wait");
  return absl::MakeConstSpan(events_).first(static_cast<size_t>(shown < 0 ? 0 : shown));
}

}  // namespace copycost
