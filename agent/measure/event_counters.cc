#include "agent/measure/event_counters.h"

#include <algorithm>
#include <utility>

namespace copycost {

EventCounters::EventCounters(CounterSource& source, absl::Span<const v1::EventGroup> groups,
                             const CounterTarget& target) {
  for (const v1::EventGroup& asked : groups) {
    Group& group = groups_.emplace_back();
    group.names = {asked.events().begin(), asked.events().end()};
    group.opened = source.Open(group.names, target);
    group.counted = absl::FailedPreconditionError("its window did not open");
  }
}

void EventCounters::Begin() {
  for (Group& group : groups_) {
    if (group.opened.group == nullptr) continue;
    const absl::Status enabled = group.opened.group->Enable();
    group.counting = enabled.ok();
    group.counted =
        enabled.ok() ? absl::FailedPreconditionError("its window did not close") : enabled;
  }
}

// All stop before the first is read: reading takes longer.
void EventCounters::End() {
  for (Group& group : groups_) {
    if (group.counting) group.counted = group.opened.group->Disable();
  }
  for (Group& group : groups_) {
    if (!group.counting || !group.counted.ok()) continue;
    absl::StatusOr<CounterReading> reading = group.opened.group->Read();
    group.counted = reading.status();
    if (reading.ok()) group.reading = *std::move(reading);
  }
}

std::vector<int> EventCounters::Descriptors() const {
  std::vector<int> all;
  for (const Group& group : groups_) {
    if (group.opened.group == nullptr) continue;
    for (const int descriptor : group.opened.group->Descriptors()) all.push_back(descriptor);
  }
  return all;
}

bool EventCounters::uses_pmu() const {
  return std::any_of(groups_.begin(), groups_.end(),
                     [](const Group& group) { return group.opened.uses_pmu; });
}

std::vector<v1::EventCount> EventCounters::Tell() const {
  std::vector<v1::EventCount> all;
  for (const Group& group : groups_) {
    size_t counted = 0;  // of those that were opened
    for (size_t i = 0; i < group.names.size(); ++i) {
      v1::EventCount& count = all.emplace_back();
      count.set_event(group.names[i]);
      const OpenedCounters::Event& event = group.opened.events[i];
      const absl::Status& status = event.opened.ok() ? group.counted : event.opened;
      if (!status.ok()) {
        count.set_absent(std::string(status.message()));
        continue;
      }
      count.set_user_only(event.user_only);
      count.set_value(group.reading.values[counted++]);
      count.set_enabled_ns(group.reading.enabled_ns);
      count.set_running_ns(group.reading.running_ns);
    }
  }
  return all;
}

}  // namespace copycost
