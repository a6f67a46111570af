#include "agent/measure/thread_counters.h"

#include "common/clock.h"

namespace copycost {
namespace {

bool IsUsage(const std::string& event) { return UsageEvent(event, {}).has_value(); }

std::vector<std::string> UsageEventsOf(absl::Span<const v1::EventGroup> groups) {
  std::vector<std::string> events;
  for (const v1::EventGroup& group : groups) {
    for (const std::string& event : group.events()) {
      if (IsUsage(event)) events.push_back(event);
    }
  }
  return events;
}

std::vector<v1::EventGroup> WithoutUsage(absl::Span<const v1::EventGroup> groups) {
  std::vector<v1::EventGroup> others;
  for (const v1::EventGroup& group : groups) {
    v1::EventGroup other;
    for (const std::string& event : group.events()) {
      if (!IsUsage(event)) other.add_events(event);
    }
    if (!other.events().empty()) others.push_back(std::move(other));
  }
  return others;
}

}  // namespace

ThreadCounters::ThreadCounters(CounterSource& source, absl::Span<const v1::EventGroup> groups)
    : usage_events_(UsageEventsOf(groups)),
      usage_(UsageReader::OfThisThread()),
      events_(source, WithoutUsage(groups), CounterTarget::ThisThread()) {}

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
  count.set_value(*UsageEvent(event, *closed_.usage) - *UsageEvent(event, *opened_.usage));
  count.set_enabled_ns(closed_.at_ns - opened_.at_ns);
  count.set_running_ns(count.enabled_ns());
  return count;
}

}  // namespace copycost
