// Turns the flows' counters into Samples: one every 100 ms, in halves of 50 ms, counted from the
// start of the traffic. Called by the trial runner's thread, which owns it.
#ifndef COPYCOST_AGENT_MEASURE_SAMPLER_H_
#define COPYCOST_AGENT_MEASURE_SAMPLER_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "agent/measure/flow_counters.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

class Sampler {
 public:
  static constexpr absl::Duration kHalf = absl::Milliseconds(50);

  struct Source {
    uint32_t flow;
    v1::Role role;
    uint64_t message_bytes;
    const FlowCounters* counters;  // outlives the sampler
  };

  Sampler(std::vector<Source> sources, absl::Time start);

  // When Tick is to be called next.
  absl::Time due() const { return start_ + kHalf * (ticks_ + 1); }

  // Reads the counters at `now`. A sample after every second call. A tick that comes so late that
  // others are due ends one longer half; nothing is invented for those it missed.
  std::optional<v1::Sample> Tick(absl::Time now);

 private:
  struct Seen {
    uint64_t at_begin = 0;
    uint64_t at_half = 0;
  };

  const std::vector<Source> sources_;
  const absl::Time start_;
  absl::Time begin_;
  absl::Time middle_;  // of the sample being taken, in its second half
  std::vector<Seen> seen_;
  int64_t ticks_ = 0;
  bool in_second_half_ = false;
  uint32_t samples_ = 0;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_MEASURE_SAMPLER_H_
