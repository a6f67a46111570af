// Counters of the kernel's, by name, that only grow.
#ifndef COPYCOST_AGENT_MEASURE_COUNTER_VALUES_H_
#define COPYCOST_AGENT_MEASURE_COUNTER_VALUES_H_

#include <cstdint>
#include <map>
#include <string>

#include "copycost/v1/trial.pb.h"

namespace copycost {

// Some are told among them that may be negative, and never grow.
using CounterValues = std::map<std::string, int64_t>;

// Those that grew, by how much. One that is new among `after` says nothing of its growth.
inline v1::CounterGrowth Growth(const CounterValues& before, const CounterValues& after) {
  v1::CounterGrowth grown;
  for (const auto& [name, value] : after) {
    const auto found = before.find(name);
    if (found != before.end() && value > found->second) {
      (*grown.mutable_counts())[name] = static_cast<uint64_t>(value - found->second);
    }
  }
  return grown;
}

}  // namespace copycost

#endif  // COPYCOST_AGENT_MEASURE_COUNTER_VALUES_H_
