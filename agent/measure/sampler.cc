#include "agent/measure/sampler.h"

#include <algorithm>
#include <utility>

namespace copycost {

Sampler::Sampler(std::vector<Source> sources, absl::Time start)
    : sources_(std::move(sources)), start_(start), begin_(start), seen_(sources_.size()) {}

std::optional<v1::Sample> Sampler::Tick(absl::Time now) {
  ticks_ = std::max<int64_t>(ticks_ + 1, (now - start_) / kHalf);
  if (!in_second_half_) {
    for (size_t i = 0; i < sources_.size(); ++i) {
      seen_[i].at_half = sources_[i].counters->bytes.Get();
    }
    middle_ = now;
    in_second_half_ = true;
    return std::nullopt;
  }
  v1::Sample sample;
  sample.set_index(samples_++);
  sample.set_begin_ns(absl::ToUnixNanos(begin_));
  sample.set_middle_ns(absl::ToUnixNanos(middle_));
  sample.set_end_ns(absl::ToUnixNanos(now));
  for (size_t i = 0; i < sources_.size(); ++i) {
    const uint64_t bytes = sources_[i].counters->bytes.Get();
    v1::Sample::Flow& flow = *sample.add_flows();
    flow.set_flow(sources_[i].flow);
    flow.set_role(sources_[i].role);
    flow.set_bytes(bytes - seen_[i].at_begin);
    flow.set_messages(bytes / sources_[i].message_bytes -
                      seen_[i].at_begin / sources_[i].message_bytes);
    flow.add_half_bytes(seen_[i].at_half - seen_[i].at_begin);
    flow.add_half_bytes(bytes - seen_[i].at_half);
    seen_[i].at_begin = bytes;
  }
  begin_ = now;
  in_second_half_ = false;
  return sample;
}

}  // namespace copycost
