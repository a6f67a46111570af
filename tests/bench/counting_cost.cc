// What counting costs those that are counted: the default events of a data thread, as a trial
// counts them, against nothing, in interleaved pairs. docs/performance.md tells how to read it.
//
//   copycost_bench_counting_cost [PAIRS]
//
// A pair takes about 60 ms. Exit codes: 0 all bounds are within 1 %; 1 one is not; 2 bad input; 4
// something failed.
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "agent/measure/perf_counters.h"
#include "agent/measure/thread_counters.h"
#include "common/clock.h"
#include "common/events.h"
#include "common/fd.h"
#include "common/log.h"
#include "common/status.h"
#include "coordinator/analysis/hodges_lehmann.h"
#include "coordinator/analysis/order_statistics.h"
#include "coordinator/experiment/event_groups.h"

namespace copycost::bench {
namespace {

constexpr int kExitOver = 1;
constexpr int kExitBadInput = 2;
constexpr int kExitFault = 4;

constexpr size_t kDefaultPairs = 100;
constexpr double kMostShare = 0.01;
constexpr double kWindowNs = 600e6;
// Of a data thread in a window: as many as the busiest pattern on this kind of host makes (rr of 64
// bytes on veth: some 30,000 exchanges a second, each a sleep and a wake-up).
constexpr double kSwitchesOfAWindow = 20'000;
constexpr int kSwitches = 2'000;  // in a measurement
constexpr uint64_t kLoopSteps = 20'000'000;

std::vector<v1::EventGroup> DefaultGroups() {
  v1::Experiment experiment;
  for (const absl::string_view event : kDefaultEvents) experiment.add_events(std::string(event));
  return GroupEvents(experiment);
}

// A thread's counters while it works, or none.
class Counting {
 public:
  explicit Counting(bool counts) {
    if (!counts) return;
    counters_.emplace(source_, DefaultGroups());
    counters_->Begin();
  }
  ~Counting() {
    if (counters_) counters_->End();
  }

 private:
  PerfCounters source_;
  std::optional<ThreadCounters> counters_;
};

double OpeningAndClosingNs() {
  PerfCounters source;
  ThreadCounters counters(source, DefaultGroups());
  const int64_t begin = MonotonicNanos();
  counters.Begin();
  counters.End();
  return static_cast<double>(MonotonicNanos() - begin);
}

// The same work each time; what it comes to is kept from being optimised away.
double LoopNs(bool counts) {
  const Counting counting(counts);
  timespec begin{}, end{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
  uint64_t state = 1;
  for (uint64_t step = 0; step < kLoopSteps; ++step) {
    state = state * 6364136223846793005u + 1442695040888963407u;
  }
  asm volatile("" : : "r"(state));
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
  return static_cast<double>(end.tv_sec - begin.tv_sec) * 1e9 +
         static_cast<double>(end.tv_nsec - begin.tv_nsec);
}

// Two threads of one CPU wake each other by turns: each turn is a switch away from one and to the
// other.
double SwitchNs(bool counts) {
  const UniqueFd there(::eventfd(0, EFD_CLOEXEC));
  const UniqueFd back(::eventfd(0, EFD_CLOEXEC));
  cpu_set_t before, one;
  ::pthread_getaffinity_np(::pthread_self(), sizeof(before), &before);
  CPU_ZERO(&one);
  CPU_SET(::sched_getcpu(), &one);
  ::pthread_setaffinity_np(::pthread_self(), sizeof(one), &one);  // the other inherits it
  std::thread other([&] {
    const Counting counting(counts);
    eventfd_t value = 0;
    for (int turn = 0; turn <= kSwitches; ++turn) {
      ::eventfd_read(there.get(), &value);
      ::eventfd_write(back.get(), 1);
    }
  });
  double elapsed_ns = 0;
  {
    const Counting counting(counts);
    eventfd_t value = 0;
    int64_t begin = 0;
    for (int turn = 0; turn <= kSwitches; ++turn) {
      if (turn == 1) begin = MonotonicNanos();  // in the first the other opens its counters
      ::eventfd_write(there.get(), 1);
      ::eventfd_read(back.get(), &value);
    }
    elapsed_ns = static_cast<double>(MonotonicNanos() - begin);
  }
  other.join();
  ::pthread_setaffinity_np(::pthread_self(), sizeof(before), &before);
  return elapsed_ns / (2.0 * kSwitches);
}

struct Ratio {
  double estimate;
  analysis::Interval interval;
};

// Of the time with counters to that without.
absl::StatusOr<Ratio> Slowdown(const std::vector<double>& with,
                               const std::vector<double>& without) {
  std::vector<double> logs;
  for (size_t i = 0; i < with.size(); ++i) logs.push_back(std::log(with[i] / without[i]));
  ASSIGN_OR_RETURN(const double estimate, analysis::HodgesLehmann(logs));
  ASSIGN_OR_RETURN(const analysis::Interval interval, analysis::HodgesLehmannInterval(logs, 0.05));
  return Ratio{std::exp(estimate), {std::exp(interval.low), std::exp(interval.high)}};
}

struct Measured {
  std::vector<double> opening;
  std::vector<double> loop[2];  // without, with
  std::vector<double> turn[2];
};

Measured MeasurePairs(size_t pairs) {
  std::mt19937_64 random(std::random_device{}());
  Measured measured;
  LoopNs(true);  // what is done once
  for (size_t pair = 0; pair < pairs; ++pair) {
    const bool with_first = random() % 2 == 1;
    for (const bool counts : {with_first, !with_first}) {
      measured.loop[counts].push_back(LoopNs(counts));
      measured.turn[counts].push_back(SwitchNs(counts));
    }
    measured.opening.push_back(OpeningAndClosingNs());
  }
  return measured;
}

absl::StatusOr<bool> Tell(const Measured& measured) {
  ASSIGN_OR_RETURN(const Ratio loop, Slowdown(measured.loop[1], measured.loop[0]));
  ASSIGN_OR_RETURN(const Ratio turn, Slowdown(measured.turn[1], measured.turn[0]));
  ASSIGN_OR_RETURN(const double opening_ns, analysis::Median(measured.opening));
  ASSIGN_OR_RETURN(const double turn_ns, analysis::Median(measured.turn[0]));
  const double switch_ns = std::max(0.0, (turn.interval.high - 1) * turn_ns);
  const double share = (opening_ns + switch_ns * kSwitchesOfAWindow) / kWindowNs;
  std::printf("opening and closing a window: %.1f us, median of %zu\n", opening_ns / 1000,
              measured.opening.size());
  std::printf("a switch: %.0f ns without counters, with them %.3f [%.3f, %.3f] times that\n",
              turn_ns, turn.estimate, turn.interval.low, turn.interval.high);
  std::printf("a window of 600 ms with %.0f switches: at most %.3f %% of it\n", kSwitchesOfAWindow,
              100 * share);
  std::printf("a loop: %.4f [%.4f, %.4f] times as long with counters\n", loop.estimate,
              loop.interval.low, loop.interval.high);
  return share <= kMostShare && loop.interval.high <= 1 + kMostShare;
}

int Main(int argc, char** argv) {
  size_t pairs = kDefaultPairs;
  if (argc > 2 ||
      (argc == 2 && (!absl::SimpleAtoi(argv[1], &pairs) || pairs < 6 || pairs > 1000))) {
    Log("counting_cost: takes a number of pairs, 6 to 1000");
    return kExitBadInput;
  }
  const absl::StatusOr<bool> within = Tell(MeasurePairs(pairs));
  if (!within.ok()) {
    Log(within.status().message());
    return kExitFault;
  }
  return *within ? 0 : kExitOver;
}

}  // namespace
}  // namespace copycost::bench

int main(int argc, char** argv) { return copycost::bench::Main(argc, argv); }
