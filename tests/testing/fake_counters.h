// Counters that count as they are told. By default every event is had, and the PMU has room for
// all.
#ifndef COPYCOST_TESTS_TESTING_FAKE_COUNTERS_H_
#define COPYCOST_TESTS_TESTING_FAKE_COUNTERS_H_

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/measure/counters.h"
#include "common/mutex.h"
#include "copycost/v1/trial.pb.h"

namespace copycost::testing {

// Thread-safe once it counts: what it is told is told before.
class FakeCounters final : public CounterSource {
 public:
  struct Event {
    absl::Status opened = absl::OkStatus();
    bool user_only = false;
    bool pmu = true;
    uint64_t value = 1000;  // counted in each window
  };

  std::map<std::string, Event> events;  // those that are not named are as Event's defaults
  size_t pmu_counters = 100;
  // Of groups that are open.
  absl::Status enable;
  absl::Status disable;
  absl::Status read;
  int64_t enabled_ns = 600'000'000;
  int64_t running_ns = 600'000'000;  // of groups that have their counters

  OpenedCounters Open(absl::Span<const std::string> names, const CounterTarget& target) override {
    OpenedCounters opened;
    std::vector<uint64_t> values;
    size_t of_pmu = 0;
    for (const std::string& name : names) {
      const auto known = events.find(name);
      const Event event = known == events.end() ? Event() : known->second;
      opened.events.push_back({.opened = event.opened, .user_only = event.user_only});
      if (!event.opened.ok()) continue;
      values.push_back(event.value);
      if (event.pmu) ++of_pmu;
    }
    opened.uses_pmu = of_pmu > 0;
    if (!values.empty()) opened.group = std::make_unique<Group>(*this, std::move(values), of_pmu);
    const MutexLock lock(mutex_);
    asked_.emplace_back(names.begin(), names.end());
    if (target.cpu) cpus_.push_back(*target.cpu);
    return opened;
  }

  // The groups that Open was asked for, and the CPUs of those of CPUs.
  std::vector<std::vector<std::string>> asked() const {
    const MutexLock lock(mutex_);
    return asked_;
  }
  std::vector<uint32_t> cpus() const {
    const MutexLock lock(mutex_);
    return cpus_;
  }

 private:
  class Group final : public CounterGroup {
   public:
    Group(FakeCounters& source, std::vector<uint64_t> values, size_t of_pmu)
        : source_(source), values_(std::move(values)), of_pmu_(of_pmu) {}
    ~Group() override { Release(); }

    absl::Status Enable() override {
      if (!source_.enable.ok()) return source_.enable;
      const MutexLock lock(source_.mutex_);
      holds_ = source_.taken_ + of_pmu_ <= source_.pmu_counters;
      if (holds_) source_.taken_ += of_pmu_;
      counted_ = holds_;
      return absl::OkStatus();
    }
    absl::Status Disable() override {
      Release();
      return source_.disable;
    }
    absl::StatusOr<CounterReading> Read() const override {
      if (!source_.read.ok()) return source_.read;
      return CounterReading{.enabled_ns = source_.enabled_ns,
                            .running_ns = counted_ ? source_.running_ns : 0,
                            .values = values_};
    }
    std::vector<int> Descriptors() const override { return {}; }

   private:
    void Release() {
      const MutexLock lock(source_.mutex_);
      if (holds_) source_.taken_ -= of_pmu_;
      holds_ = false;
    }

    FakeCounters& source_;
    const std::vector<uint64_t> values_;
    const size_t of_pmu_;
    bool holds_ = false;
    bool counted_ = false;
  };

  mutable Mutex mutex_;
  size_t taken_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::vector<std::string>> asked_ ABSL_GUARDED_BY(mutex_);
  std::vector<uint32_t> cpus_ ABSL_GUARDED_BY(mutex_);
};

inline v1::EventGroup GroupOf(const std::vector<std::string>& events) {
  v1::EventGroup group;
  for (const std::string& event : events) group.add_events(event);
  return group;
}

}  // namespace copycost::testing

#endif  // COPYCOST_TESTS_TESTING_FAKE_COUNTERS_H_
