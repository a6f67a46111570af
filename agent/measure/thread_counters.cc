#include "agent/measure/thread_counters.h"

#include <algorithm>

#include "common/clock.h"

namespace copycost {
namespace {

// What can be told of a thread without counters; where nothing can be read, what always could.
ThreadUsage KnownOf(const absl::StatusOr<UsageReader>& reader) {
  if (!reader.ok()) return {};
  return reader->Read().value_or(ThreadUsage());
}

std::vector<std::string> UsageEventsOf(absl::Span<const v1::EventGroup> groups,
                                       const ThreadUsage& known) {
  std::vector<std::string> events;
  for (const v1::EventGroup& group : groups) {
    for (const std::string& event : group.events()) {
      if (UsageEvent(event, known)) events.push_back(event);
    }
  }
  return events;
}

std::vector<v1::EventGroup> WithoutUsage(absl::Span<const v1::EventGroup> groups,
                                         const std::vector<std::string>& usage_events) {
  std::vector<v1::EventGroup> others;
  for (const v1::EventGroup& group : groups) {
    v1::EventGroup other;
    for (const std::string& event : group.events()) {
      const bool usage =
          std::find(usage_events.begin(), usage_events.end(), event) != usage_events.end();
      if (!usage) other.add_events(event);
    }
    if (!other.events().empty()) others.push_back(std::move(other));
  }
  return others;
}

}  // namespace

ThreadCounters::ThreadCounters(CounterSource& source, absl::Span<const v1::EventGroup> groups)
    : usage_(UsageReader::OfThisThread()),
      usage_events_(UsageEventsOf(groups, KnownOf(usage_))),
      events_(source, WithoutUsage(groups, usage_events_), CounterTarget::ThisThread()) {}

void ThreadCounters::Begin() {
  Read(opened_);
  events_.Begin();
}

void ThreadCounters::End() {
  events_.End();
  Read(closed_);
}

void ThreadCounters::Read(Reading& reading) const {
  reading.at_ns = MonotonicNanos();
  reading.usage = usage_.ok() ? usage_->Read() : usage_.status();
}

std::vector<int> ThreadCounters::Descriptors() const {
  std::vector<int> all = events_.Descriptors();
  if (!usage_.ok()) return all;
  for (const int descriptor : usage_->Descriptors()) all.push_back(descriptor);
  return all;
}

v1::ThreadCounts ThreadCounters::Tell() const {
  v1::ThreadCounts counts;
  for (v1::EventCount& count : events_.Tell()) *counts.add_events() = std::move(count);
  for (const std::string& event : usage_events_) *counts.add_events() = TellUsage(event);
  counts.set_interval_ns(closed_.at_ns - opened_.at_ns);
  if (opened_.usage.ok() && closed_.usage.ok() && opened_.usage->run_delay_ns &&
      closed_.usage->run_delay_ns) {
    counts.set_run_delay_ns(*closed_.usage->run_delay_ns - *opened_.usage->run_delay_ns);
  }
  return counts;
}

v1::EventCount ThreadCounters::TellUsage(const std::string& event) const {
  v1::EventCount count;
  count.set_event(event);
  for (const Reading* reading : {&opened_, &closed_}) {
    if (reading->usage.ok()) continue;
    count.set_absent(std::string(reading->usage.status().message()));
    return count;
  }
  const auto opened = UsageEvent(event, *opened_.usage), closed = UsageEvent(event, *closed_.usage);
  if (!opened || !closed) {
    count.set_absent("the kernel no longer told it of a thread");
    return count;
  }
  count.set_value(*closed - *opened);
  count.set_enabled_ns(closed_.at_ns - opened_.at_ns);
  count.set_running_ns(count.enabled_ns());
  return count;
}

}  // namespace copycost
