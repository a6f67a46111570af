#include "agent/measure/trial_counters.h"

#include <utility>

namespace copycost {
namespace {

void Append(std::vector<v1::EventCount> counts,
            google::protobuf::RepeatedPtrField<v1::EventCount>& events) {
  for (v1::EventCount& count : counts) *events.Add() = std::move(count);
}

}  // namespace

TrialCounters::TrialCounters(CounterSource& source, const v1::Instruments& instruments,
                             absl::Span<const uint32_t> cpus)
    : source_(source), plan_(PlanCounting(source, instruments, cpus.empty() ? 0 : cpus.front())) {
  if (instruments.cpu_groups().empty()) return;
  for (const uint32_t cpu : cpus) {
    cpus_.push_back(
        {.number = cpu,
         .counters = EventCounters(source, plan_.cpus.groups, CounterTarget::Cpu(cpu))});
  }
}

void TrialCounters::Begin() {
  for (Cpu& cpu : cpus_) cpu.counters.Begin();
}

void TrialCounters::End() {
  for (Cpu& cpu : cpus_) cpu.counters.End();
}

void TrialCounters::AddWaiting(v1::ThreadCounts& counts) const {
  Append(plan_.threads.waiting, *counts.mutable_events());
}

std::vector<v1::CpuCounts> TrialCounters::OfCpus() const {
  std::vector<v1::CpuCounts> all;
  for (const Cpu& cpu : cpus_) {
    v1::CpuCounts& counts = all.emplace_back();
    counts.set_cpu(cpu.number);
    Append(cpu.counters.Tell(), *counts.mutable_events());
    Append(plan_.cpus.waiting, *counts.mutable_events());
  }
  return all;
}

}  // namespace copycost
