#include "coordinator/record/latency.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <map>

#include "absl/strings/str_cat.h"
#include "common/latency_buckets.h"
#include "common/mode_traits.h"
#include "common/stamped.h"
#include "common/status.h"
#include "common/words.h"
#include "coordinator/record/ends.h"

namespace copycost::record {
namespace {

// More than any trial has time for; so few that no sum over the flows of a trial overflows.
constexpr uint64_t kMostCounted = uint64_t{1} << 40;

absl::Status Malformed(absl::string_view why) {
  return absl::DataLossError(absl::StrCat("its histogram of latencies ", why));
}

struct Merged {
  std::map<uint32_t, uint64_t> counts;  // by bucket
  uint64_t count = 0;
  uint64_t min_ns = std::numeric_limits<uint64_t>::max();
  uint64_t max_ns = 0;

  void Add(const v1::LatencyHistogram& latency) {
    for (int i = 0; i < latency.buckets_size(); ++i) {
      counts[latency.buckets(i)] += latency.counts(i);
    }
    count += latency.count();
    if (latency.count() > 0) min_ns = std::min(min_ns, latency.min_ns());
    max_ns = std::max(max_ns, latency.max_ns());
  }
};

absl::Status CheckOneWay(const v1::TrialRecord& trial) {
  RETURN_IF_ERROR(CheckExchanges(trial));
  if (!IsStamped(trial.workload())) {
    return Absent(
        "its requests do not say when they were made: it takes --touch fields or header, "
        "fields of 8 bytes, and a receive mode that delivers");
  }
  const v1::AgentRecord* first = nullptr;
  for (const v1::AgentRecord& agent : trial.agents()) {
    if (first == nullptr) first = &agent;
    const int64_t apart = agent.clock_offset_ns() - first->clock_offset_ns();
    const int64_t doubt = agent.clock_error_ns() + first->clock_error_ns();
    if (agent.boot_id() != first->boot_id() || std::abs(apart) > doubt) {
      return Absent("its ends do not share a clock");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckLendsBuffers(const v1::TrialRecord& trial) {
  const v1::SendMode mode = trial.workload().send_mode();
  if (PinsBuffers(mode)) return absl::OkStatus();
  return Absent(absl::StrCat(Label(mode), " has its buffers back with each call"));
}

// Who tells it, and where.
struct Source {
  absl::Status (*applies)(const v1::TrialRecord& trial);
  v1::Role role;
  bool (v1::FlowResult::*has)() const;
  const v1::LatencyHistogram& (v1::FlowResult::*get)() const;
  absl::string_view things;
};

Source SourceOf(Timed timed) {
  using Result = v1::FlowResult;
  switch (timed) {
    case Timed::kExchange:
      return {CheckExchanges, v1::ROLE_SENDER, &Result::has_latency, &Result::latency, "exchanges"};
    case Timed::kOneWay:
      return {CheckOneWay, v1::ROLE_RECEIVER, &Result::has_one_way, &Result::one_way, "requests"};
    case Timed::kBufferReuse:
      break;
  }
  return {CheckLendsBuffers, v1::ROLE_SENDER, &Result::has_buffer_reuse, &Result::buffer_reuse,
          "buffers"};
}

absl::StatusOr<Merged> LatenciesOf(const v1::TrialRecord& trial, const Source& source) {
  RETURN_IF_ERROR(source.applies(trial));
  RETURN_IF_ERROR(WindowsOf(trial, source.role).status());
  ASSIGN_OR_RETURN(const auto ends, EndsOf(trial, source.role));
  Merged merged;
  for (const v1::FlowResult* end : ends) {
    if (!(end->*source.has)()) {
      return Absent(absl::StrCat(NameOf(*end), " timed no ", source.things));
    }
    const v1::LatencyHistogram& latency = (end->*source.get)();
    const absl::Status good = CheckLatency(latency);
    if (!good.ok()) return Absent(absl::StrCat(NameOf(*end), ": ", good.message()));
    merged.Add(latency);
  }
  if (merged.count == 0)
    return Absent(absl::StrCat("no ", source.things, " lay within the window"));
  return merged;
}

// The bucket of the exchange of this rank, from 1.
uint32_t BucketOfRank(const Merged& merged, uint64_t rank) {
  uint64_t seen = 0;
  for (const auto& [bucket, count] : merged.counts) {
    seen += count;
    if (seen >= rank) return bucket;
  }
  return kLatencyBuckets - 1;  // not with counts that add up
}

}  // namespace

absl::Status CheckLatency(const v1::LatencyHistogram& latency) {
  if (latency.buckets_size() != latency.counts_size()) {
    return Malformed("has not a count for each bucket");
  }
  uint64_t count = 0;
  for (int i = 0; i < latency.buckets_size(); ++i) {
    if (latency.buckets(i) >= kLatencyBuckets) return Malformed("has a bucket that does not exist");
    if (i > 0 && latency.buckets(i) <= latency.buckets(i - 1)) {
      return Malformed("has its buckets out of order");
    }
    if (latency.counts(i) == 0 || latency.counts(i) > kMostCounted - count) {
      return Malformed("has an impossible count");
    }
    count += latency.counts(i);
  }
  if (count != latency.count()) return Malformed("does not add up");
  if (count == 0) return absl::OkStatus();
  const int last = latency.buckets_size() - 1;
  if (LatencyBucketOf(latency.min_ns()) != latency.buckets(0) ||
      LatencyBucketOf(latency.max_ns()) != latency.buckets(last) ||
      latency.min_ns() > latency.max_ns()) {
    return Malformed("has extremes that lie in other buckets");
  }
  return absl::OkStatus();
}

absl::Status CheckExchanges(const v1::TrialRecord& trial) {
  if (Exchanges(trial.workload().pattern())) return absl::OkStatus();
  return Absent(absl::StrCat("the pattern is ", Label(trial.workload().pattern())));
}

absl::StatusOr<double> LatencyUs(const v1::TrialRecord& trial, Timed timed,
                                 uint32_t beyond_of_10000) {
  const Source source = SourceOf(timed);
  ASSIGN_OR_RETURN(const Merged merged, LatenciesOf(trial, source));
  const uint64_t beyond = merged.count * beyond_of_10000 / 10000;
  if (beyond == 0) {
    return Absent(absl::StrCat("too few ", source.things, ": ", merged.count,
                               " lay in the window, it takes ", 10000 / beyond_of_10000));
  }
  const uint32_t bucket = BucketOfRank(merged, merged.count - beyond);
  const double ns = std::clamp(MiddleOfLatencyBucket(bucket), static_cast<double>(merged.min_ns),
                               static_cast<double>(merged.max_ns));
  return ns / 1000;
}

absl::StatusOr<double> LongestLatencyUs(const v1::TrialRecord& trial, Timed timed) {
  ASSIGN_OR_RETURN(const Merged merged, LatenciesOf(trial, SourceOf(timed)));
  return static_cast<double>(merged.max_ns) / 1000;
}

}  // namespace copycost::record
