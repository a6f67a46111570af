#include "coordinator/analysis/verdicts.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/mode_traits.h"
#include "common/words.h"
#include "coordinator/analysis/hodges_lehmann.h"
#include "coordinator/analysis/latest_attempts.h"
#include "coordinator/analysis/multiplicity.h"

namespace copycost::analysis {
namespace {

constexpr double kLevel = 0.05;  // before correction
constexpr absl::string_view kSendModeAxis = "send_mode";

struct ClaimedMetric {
  absl::string_view column;
  bool more_is_better;
  bool (*is_claimed)(v1::Pattern pattern);
};

constexpr ClaimedMetric kMetrics[] = {
    {"goodput_gbps", true, [](v1::Pattern pattern) { return !Exchanges(pattern); }},
    {"exchanges_per_s", true, [](v1::Pattern pattern) { return !HasRate(pattern); }},
    {"rr_latency_p99_us", false, [](v1::Pattern) { return true; }},
    {"host_cpu_ns_per_byte", false, [](v1::Pattern) { return true; }},
};

const record::Metric& MetricNamed(absl::string_view column) {
  for (const record::Metric& metric : record::Metrics()) {
    if (metric.column == column) return metric;
  }
  std::abort();  // a bug of ours: the names are in our own code
}

Interval Band() { return {-std::log1p(kBand), std::log1p(kBand)}; }

std::string ArmOf(const v1::Cell& cell) {
  std::string word = Label(cell.workload().send_mode());
  const auto arm = cell.arms().find(std::string(kSendModeAxis));
  if (arm == cell.arms().end() || arm->second < 2) return word;
  return absl::StrCat(word, "#", arm->second);
}

// What cells have in common that differ in their send mode's arm at most.
std::string PlaceOf(const v1::Cell& cell) {
  v1::Workload workload = cell.workload();
  workload.clear_send_mode();
  std::string place = workload.SerializeAsString();
  const std::map<std::string, uint32_t> arms(cell.arms().begin(), cell.arms().end());
  for (const auto& [axis, naming] : arms) {
    if (axis != kSendModeAxis) absl::StrAppend(&place, ";", axis, "=", naming);
  }
  return place;
}

struct Pair {
  uint32_t cell;
  std::string label;  // of that cell
  uint32_t baseline;
};

struct Arm {
  std::string name;
  bool repeats_baseline = false;  // of the baseline's own mode
  std::vector<Pair> pairs;
};

struct Arms {
  std::string baseline;
  std::vector<Arm> others;  // in the order of the plan
};

v1::SendMode BaselineModeOf(const v1::Plan& plan) {
  for (const v1::Cell& cell : plan.cells()) {
    if (cell.workload().send_mode() == v1::SEND_MODE_TWO_COPY) return v1::SEND_MODE_TWO_COPY;
  }
  return plan.cells_size() > 0 ? plan.cells(0).workload().send_mode() : v1::SEND_MODE_UNSPECIFIED;
}

Arms ArmsOf(const v1::Plan& plan) {
  const v1::SendMode mode = BaselineModeOf(plan);
  Arms arms{.baseline = Label(mode), .others = {}};
  std::map<std::string, uint32_t> baseline_at;
  for (const v1::Cell& cell : plan.cells()) {
    if (ArmOf(cell) == arms.baseline) baseline_at[PlaceOf(cell)] = cell.id();
  }
  std::map<std::string, size_t> index;
  for (const v1::Cell& cell : plan.cells()) {
    const std::string name = ArmOf(cell);
    const auto baseline = baseline_at.find(PlaceOf(cell));
    if (name == arms.baseline || baseline == baseline_at.end()) continue;
    const auto [known, added] = index.emplace(name, arms.others.size());
    if (added) {
      arms.others.push_back(
          {.name = name, .repeats_baseline = cell.workload().send_mode() == mode, .pairs = {}});
    }
    arms.others[known->second].pairs.push_back({cell.id(), cell.label(), baseline->second});
  }
  return arms;
}

// A metric's logarithm in each block of each cell that tells it; -infinity for none of it.
using Observations = std::map<uint32_t, std::map<uint32_t, double>>;  // cell, block

Observations Observe(const std::vector<const v1::TrialRecord*>& attempts,
                     const ClaimedMetric& claimed) {
  const record::Metric& metric = MetricNamed(claimed.column);
  Observations observations;
  for (const v1::TrialRecord* trial : attempts) {
    if (trial->purpose() != v1::PURPOSE_MEASURE || trial->outcome() != v1::OUTCOME_OK) continue;
    if (!claimed.is_claimed(trial->workload().pattern())) continue;
    const absl::StatusOr<double> value = metric.of(*trial);
    if (value.ok()) observations[trial->cell_id()][trial->block()] = std::log(*value);
  }
  return observations;
}

struct Differences {
  std::vector<double> log_ratios;  // one of each complete block
  size_t incomplete = 0;
};

// The mean over `pairs`, all of which were observed, in each block that has them all.
Differences DifferencesOf(const Observations& observations, const std::vector<Pair>& pairs) {
  std::map<uint32_t, std::vector<double>> by_block;
  std::set<uint32_t> blocks;
  for (const Pair& pair : pairs) {
    const std::map<uint32_t, double>& own = observations.at(pair.cell);
    const std::map<uint32_t, double>& baseline = observations.at(pair.baseline);
    for (const auto* cell : {&own, &baseline}) {
      for (const auto& [block, value] : *cell) blocks.insert(block);
    }
    for (const auto& [block, value] : own) {
      const auto other = baseline.find(block);
      if (other != baseline.end()) by_block[block].push_back(value - other->second);
    }
  }
  Differences differences;
  for (const auto& [block, ratios] : by_block) {
    if (ratios.size() < pairs.size()) continue;
    double sum = 0;
    for (const double ratio : ratios) sum += ratio;
    differences.log_ratios.push_back(sum / static_cast<double>(ratios.size()));
  }
  differences.incomplete = blocks.size() - differences.log_ratios.size();
  return differences;
}

Verdict VerdictOf(const absl::StatusOr<Interval>& log_interval, bool more_is_better) {
  if (!log_interval.ok()) return Verdict::kInconclusive;
  const Interval band = Band();
  if (log_interval->low > band.high) return more_is_better ? Verdict::kFaster : Verdict::kSlower;
  if (log_interval->high < band.low) return more_is_better ? Verdict::kSlower : Verdict::kFaster;
  const bool inside = log_interval->low >= band.low && log_interval->high <= band.high;
  return inside ? Verdict::kEquivalent : Verdict::kInconclusive;
}

// A claim before its level is known.
struct Open {
  Claim claim;
  uint32_t baseline_cell = 0;  // of a claim on one cell
  bool repeats_baseline = false;
  std::vector<double> log_ratios;
};

absl::StatusOr<Interval> LogInterval(const std::vector<double>& log_ratios, double level) {
  absl::StatusOr<Interval> interval = HodgesLehmannInterval(log_ratios, level);
  if (interval.ok() || !absl::IsFailedPrecondition(interval.status())) return interval;
  return absl::FailedPreconditionError(absl::StrCat(interval.status().message(), " blocks"));
}

absl::StatusOr<Interval> RatiosOf(const absl::StatusOr<Interval>& logs) {
  if (!logs.ok()) return logs.status();
  return Interval{std::exp(logs->low), std::exp(logs->high)};
}

bool AreFinite(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(),
                     [](double value) { return std::isfinite(value); });
}

void Decide(Open& open, double level, bool more_is_better) {
  Claim& claim = open.claim;
  claim.level = level;
  if (open.log_ratios.empty() || !AreFinite(open.log_ratios)) {
    const absl::Status why = absl::FailedPreconditionError(
        open.log_ratios.empty() ? "no block has both" : "a figure of 0 has no ratio");
    claim.ratio = why;
    claim.interval = why;
    claim.uncorrected_interval = why;
    return;
  }
  claim.ratio = std::exp(HodgesLehmann(open.log_ratios).value_or(0));
  const absl::StatusOr<Interval> logs = LogInterval(open.log_ratios, level);
  claim.verdict = VerdictOf(logs, more_is_better);
  claim.interval = RatiosOf(logs);
  claim.uncorrected_interval = RatiosOf(LogInterval(open.log_ratios, kLevel));
}

// Nothing is called equivalent where the baseline is not so to itself: in the same cell, or in all.
void LimitByNoise(std::vector<Open>& claims) {
  std::set<uint32_t> noisy;
  for (const Open& open : claims) {
    if (open.repeats_baseline && open.claim.verdict != Verdict::kEquivalent) {
      noisy.insert(open.baseline_cell);
    }
  }
  for (Open& open : claims) {
    if (open.claim.verdict != Verdict::kEquivalent || noisy.count(open.baseline_cell) == 0)
      continue;
    open.claim.noise_limited = true;
    open.claim.verdict = Verdict::kInconclusive;
  }
}

using Correction = std::vector<double> (*)(const std::vector<double>& p, double level);

void DecideAll(std::vector<Open> opened, Correction correct, bool more_is_better,
               std::vector<Claim>& claims) {
  std::vector<double> p;
  p.reserve(opened.size());
  for (const Open& open : opened) {
    if (!open.repeats_baseline) p.push_back(DecisiveLevel(open.log_ratios, Band()).value_or(1));
  }
  const std::vector<double> levels = correct(p, kLevel);
  auto level = levels.begin();
  for (Open& open : opened) {
    Decide(open, open.repeats_baseline ? kLevel : *level++, more_is_better);
  }
  LimitByNoise(opened);
  for (Open& open : opened) claims.push_back(std::move(open.claim));
}

Open OpenClaim(const Arms& arms, const Arm& arm, const record::Metric& metric,
               const Observations& observations, const std::vector<Pair>& pairs) {
  Differences differences = DifferencesOf(observations, pairs);
  Open open;
  open.repeats_baseline = arm.repeats_baseline;
  open.claim.arm = arm.name;
  open.claim.baseline = arms.baseline;
  open.claim.metric = &metric;
  open.claim.cells = pairs.size();
  open.claim.cells_shared = arm.pairs.size();
  open.claim.blocks = differences.log_ratios.size();
  open.claim.incomplete = differences.incomplete;
  open.log_ratios = std::move(differences.log_ratios);
  return open;
}

std::vector<Pair> Observed(const std::vector<Pair>& pairs, const Observations& observations) {
  std::vector<Pair> observed;
  std::copy_if(pairs.begin(), pairs.end(), std::back_inserter(observed), [&](const Pair& pair) {
    return observations.count(pair.cell) > 0 && observations.count(pair.baseline) > 0;
  });
  return observed;
}

}  // namespace

absl::string_view WordOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kFaster:
      return "faster";
    case Verdict::kSlower:
      return "slower";
    case Verdict::kEquivalent:
      return "equivalent";
    case Verdict::kInconclusive:
      return "inconclusive";
  }
  std::abort();
}

std::vector<Claim> Claims(const record::Run& run) {
  const Arms arms = ArmsOf(run.info.plan());
  const std::vector<const v1::TrialRecord*> attempts = LatestAttempts(run);
  std::vector<Claim> primary, of_cells;
  for (const ClaimedMetric& claimed : kMetrics) {
    const record::Metric& metric = MetricNamed(claimed.column);
    const Observations observations = Observe(attempts, claimed);
    std::vector<Open> together, each;
    for (const Arm& arm : arms.others) {
      const std::vector<Pair> pairs = Observed(arm.pairs, observations);
      if (pairs.empty()) continue;
      together.push_back(OpenClaim(arms, arm, metric, observations, pairs));
      if (arm.pairs.size() < 2) continue;
      for (const Pair& pair : pairs) {
        Open& open = each.emplace_back(OpenClaim(arms, arm, metric, observations, {pair}));
        open.claim.cell_id = pair.cell;
        open.claim.label = pair.label;
        open.claim.cells_shared = 1;
        open.baseline_cell = pair.baseline;
      }
    }
    DecideAll(std::move(together), HolmLevels, claimed.more_is_better, primary);
    DecideAll(std::move(each), BenjaminiHochbergLevels, claimed.more_is_better, of_cells);
  }
  primary.insert(primary.end(), std::make_move_iterator(of_cells.begin()),
                 std::make_move_iterator(of_cells.end()));
  return primary;
}

PlannedClaims PlannedClaimsOf(const v1::Plan& plan) {
  const Arms arms = ArmsOf(plan);
  PlannedClaims planned;
  planned.baseline = arms.baseline;
  planned.arms.reserve(arms.others.size());
  size_t family = 0;
  for (const Arm& arm : arms.others) {
    planned.arms.push_back(arm.name);
    family += arm.repeats_baseline ? 0 : 1;
  }
  if (planned.arms.empty()) return planned;
  planned.blocks_needed = LeastPairs(kLevel / static_cast<double>(std::max<size_t>(1, family)));
  return planned;
}

}  // namespace copycost::analysis
