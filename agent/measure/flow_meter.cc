#include "agent/measure/flow_meter.h"

#include <algorithm>

#include "common/clock.h"
#include "common/status.h"

namespace copycost {
namespace {

constexpr int64_t kLookEveryNs = 100'000;
constexpr uint32_t kLongestStride = 64;

// Absent when the clock is that of a thread that has ended.
std::optional<int64_t> Nanos(clockid_t clock) {
  timespec now{};
  if (::clock_gettime(clock, &now) != 0) return std::nullopt;
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

absl::Status FlowMeter::Adopt(pthread_t thread) {
  const int error = ::pthread_getcpuclockid(thread, &cpu_clock_);
  return error == 0 ? absl::OkStatus() : ErrnoStatus(error, "pthread_getcpuclockid");
}

void FlowMeter::Look() {
  const int64_t now = MonotonicNanos();
  TakeDue(Edge::kOpen, now);
  TakeDue(Edge::kClose, now);
  const int64_t elapsed = now - last_look_ns_;
  last_look_ns_ = now;
  if (elapsed < kLookEveryNs / 2 && stride_ < kLongestStride) {
    stride_ = std::min(2 * stride_, kLongestStride);
  } else if (elapsed > kLookEveryNs) {
    stride_ = std::max<uint32_t>(1, static_cast<uint32_t>(stride_ * kLookEveryNs / elapsed));
  }
  passes_to_look_ = stride_;
}

void FlowMeter::TakeDue(Edge edge, int64_t now) {
  const int64_t due = due_ns_[Index(edge)];
  if (now < due) return;
  Read(edge);
  CountThread(edge);
  for (FlowMeter* flow : flows_of_thread_) flow->Read(edge);
  bool& read_all = read_all_[Index(edge)];
  if (read_all || now < due + absl::ToInt64Nanoseconds(kGrace)) return;
  for (FlowMeter* flow : flows_) flow->Read(edge);
  read_all = true;
}

void FlowMeter::Read(Edge edge) {
  Reading& reading = readings_[Index(edge)];
  if (reading.claimed.load(std::memory_order_relaxed)) return;
  if (reading.claimed.exchange(true, std::memory_order_acq_rel)) return;
  v1::WindowCounts& counts = reading.counts;
  // The instant first. The CPU clock takes a system call, and on its way out of one a thread is
  // preempted, for as long as the others on its CPU like; by then everything is read.
  counts.set_opened_ns(MonotonicNanos());
  counts.set_messages(counters_.messages.Get());
  counts.set_bytes(counters_.bytes.Get());
  counts.set_calls(counters_.calls.Get());
  counts.set_timed_calls(counters_.timed_calls.Get());
  counts.set_timed_call_ns(static_cast<int64_t>(counters_.timed_call_ns.Get()));
  counts.set_timed_copies(counters_.timed_copies.Get());
  counts.set_timed_copy_ns(static_cast<int64_t>(counters_.timed_copy_ns.Get()));
  counts.set_completion_wait_ns(static_cast<int64_t>(counters_.completion_wait_ns.Get()));
  const std::optional<int64_t> thread_cpu_ns = Nanos(cpu_clock_);
  if (!thread_cpu_ns.has_value()) return;
  counts.set_thread_cpu_ns(*thread_cpu_ns);
  reading.done.store(true, std::memory_order_release);
}

// The window may be opened and closed by threads of their own: who closes it follows what the other
// left.
void FlowMeter::CountThread(Edge edge) {
  if (thread_counters_ == nullptr) return;
  Counting& counted = counted_[Index(edge)];
  if (counted.claimed.load(std::memory_order_relaxed)) return;
  if (counted.claimed.exchange(true, std::memory_order_acq_rel)) return;
  if (edge == Edge::kOpen) {
    thread_counters_->Begin();
  } else if (counted_[Index(Edge::kOpen)].done.load(std::memory_order_acquire)) {
    thread_counters_->End();
  }
  counted.done.store(true, std::memory_order_release);
}

std::optional<v1::WindowCounts> FlowMeter::Window() const {
  if (!HasRead(Edge::kOpen) || !HasRead(Edge::kClose)) return std::nullopt;
  const v1::WindowCounts& open = readings_[Index(Edge::kOpen)].counts;
  const v1::WindowCounts& close = readings_[Index(Edge::kClose)].counts;
  v1::WindowCounts window;
  window.set_opened_ns(open.opened_ns());
  window.set_closed_ns(close.opened_ns());
  window.set_messages(close.messages() - open.messages());
  window.set_bytes(close.bytes() - open.bytes());
  window.set_calls(close.calls() - open.calls());
  window.set_timed_calls(close.timed_calls() - open.timed_calls());
  window.set_timed_call_ns(close.timed_call_ns() - open.timed_call_ns());
  window.set_timed_copies(close.timed_copies() - open.timed_copies());
  window.set_timed_copy_ns(close.timed_copy_ns() - open.timed_copy_ns());
  window.set_completion_wait_ns(close.completion_wait_ns() - open.completion_wait_ns());
  window.set_thread_cpu_ns(close.thread_cpu_ns() - open.thread_cpu_ns());
  return window;
}

}  // namespace copycost
