#include "agent/measure/counting_plan.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "agent/measure/event_counters.h"
#include "common/clock.h"

namespace copycost {
namespace {

// Long enough that a group which does not get its counters is seen to wait for them. It gets none
// for a timer tick (perf_mux_hrtimer_interval_ms).
constexpr int64_t kTryNs = 100'000;

using Groups = std::vector<v1::EventGroup>;

class Trials {
 public:
  Trials(CounterSource& source, const CounterTarget& target) : source_(source), target_(target) {}

  bool UsesPmu(const v1::EventGroup& group) const {
    return EventCounters(source_, {&group, 1}, target_).uses_pmu();
  }

  // Whether all of them are counted all the time.
  bool Fit(const Groups& groups) const {
    EventCounters counters(source_, groups, target_);
    counters.Begin();
    const int64_t until = MonotonicNanos() + kTryNs;
    while (MonotonicNanos() < until) {
    }
    counters.End();
    const std::vector<v1::EventCount> counts = counters.Tell();
    return std::all_of(counts.begin(), counts.end(), [](const v1::EventCount& count) {
      return !count.absent().empty() || count.running_ns() == count.enabled_ns();
    });
  }

 private:
  CounterSource& source_;
  const CounterTarget target_;
};

// Groups that are counted together, in turns that begin after those of `turns`; and, in the result,
// those that take no turn.
Groups DealTurns(const Trials& trials, absl::Span<const v1::EventGroup* const> asked,
                 std::vector<Groups>& turns) {
  Groups always;
  const size_t first = turns.size();
  for (const v1::EventGroup* group : asked) {
    if (!trials.UsesPmu(*group)) {
      always.push_back(*group);
      continue;
    }
    const auto fits = [&](const Groups& others) {
      Groups together = others;
      together.push_back(*group);
      return trials.Fit(together);
    };
    const auto turn =
        std::find_if(turns.begin() + static_cast<std::ptrdiff_t>(first), turns.end(), fits);
    (turn != turns.end() ? *turn : turns.emplace_back()).push_back(*group);
  }
  return always;
}

void Wait(const Groups& groups, size_t turns, std::vector<v1::EventCount>& waiting) {
  for (const v1::EventGroup& group : groups) {
    for (const std::string& event : group.events()) {
      v1::EventCount& count = waiting.emplace_back();
      count.set_event(event);
      count.set_waiting(true);
      count.set_absent(absl::StrCat("counted in another of ", turns,
                                    " blocks: the PMU has too few ",
                                    "counters for all events at once"));
    }
  }
}

// Turns `first` to `last` - 1 are this part's.
CountingPlan::Part PartOf(Groups always, const std::vector<Groups>& turns, size_t first,
                          size_t last, size_t now) {
  CountingPlan::Part part = {.groups = std::move(always), .waiting = {}};
  for (size_t turn = first; turn < last; ++turn) {
    if (turn == now) {
      part.groups.insert(part.groups.end(), turns[turn].begin(), turns[turn].end());
    } else {
      Wait(turns[turn], turns.size(), part.waiting);
    }
  }
  return part;
}

}  // namespace

CountingPlan PlanCounting(CounterSource& source, const v1::Instruments& instruments, uint32_t cpu) {
  const auto pointers = [](const auto& groups) {
    std::vector<const v1::EventGroup*> all;
    for (const v1::EventGroup& group : groups) all.push_back(&group);
    return all;
  };
  std::vector<Groups> turns;
  Groups threads = DealTurns({source, CounterTarget::ThisThread()},
                             pointers(instruments.thread_groups()), turns);
  const size_t of_threads = turns.size();
  Groups cpus =
      DealTurns({source, CounterTarget::Cpu(cpu)}, pointers(instruments.cpu_groups()), turns);
  const size_t now = turns.empty() ? 0 : instruments.turn() % turns.size();
  return {.threads = PartOf(std::move(threads), turns, 0, of_threads, now),
          .cpus = PartOf(std::move(cpus), turns, of_threads, turns.size(), now)};
}

}  // namespace copycost
