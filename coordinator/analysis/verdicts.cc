#include "coordinator/analysis/verdicts.h"

#include <cmath>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
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
};

constexpr ClaimedMetric kMetrics[] = {
    {"goodput_gbps", true},
    {"rr_latency_p99_us", false},
    {"host_cpu_ns_per_byte", false},
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

// A metric's logarithm in each block of each cell that tells a finite one.
using Observations = std::map<uint32_t, std::map<uint32_t, double>>;  // cell, block

Observations Observe(const std::vector<const v1::TrialRecord*>& attempts,
                     const record::Metric& metric) {
  Observations observations;
  for (const v1::TrialRecord* trial : attempts) {
    if (trial->purpose() != v1::PURPOSE_MEASURE || trial->outcome() != v1::OUTCOME_OK) continue;
    const absl::StatusOr<double> value = metric.of(*trial);
    if (value.ok() && *value > 0) {
      observations[trial->cell_id()][trial->block()] = std::log(*value);
    }
  }
  return observations;
}

struct Differences {
  std::vector<double> log_ratios;  // one of each complete block
  size_t incomplete = 0;
};

// The mean over `pairs` in each block that has them all.
Differences DifferencesOf(const Observations& observations, const std::vector<Pair>& pairs) {
  std::map<uint32_t, std::vector<double>> by_block;
  std::set<uint32_t> blocks;
  for (const Pair& pair : pairs) {
    const auto own = observations.find(pair.cell);
    const auto baseline = observations.find(pair.baseline);
    for (const auto& cell : {own, baseline}) {
      if (cell == observations.end()) continue;
      for (const auto& [block, value] : cell->second) blocks.insert(block);
    }
    if (own == observations.end() || baseline == observations.end()) continue;
    for (const auto& [block, value] : own->second) {
      const auto other = baseline->second.find(block);
      if (other != baseline->second.end()) by_block[block].push_back(value - other->second);
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

// A claim before its family is known.
struct Open {
  Claim claim;
  bool repeats_baseline = false;
  std::vector<double> log_ratios;
};

void Decide(Open& open, double level, bool more_is_better) {
  Claim& claim = open.claim;
  claim.level = level;
  claim.ratio = HodgesLehmann(open.log_ratios);
  if (claim.ratio.ok()) {
    *claim.ratio = std::exp(*claim.ratio);
  } else {
    claim.ratio = absl::FailedPreconditionError("no block has both");
  }
  const absl::StatusOr<Interval> logs = HodgesLehmannInterval(open.log_ratios, level);
  claim.verdict = VerdictOf(logs, more_is_better);
  if (logs.ok()) {
    claim.interval = Interval{std::exp(logs->low), std::exp(logs->high)};
  } else {
    claim.interval = logs.status();
  }
}

// Nothing is called equivalent where the baseline is not so to itself.
void LimitByNoise(std::vector<Open>& family) {
  bool limited = false;
  for (const Open& open : family) {
    if (open.repeats_baseline && open.claim.interval.ok()) {
      limited = limited || open.claim.verdict != Verdict::kEquivalent;
    }
  }
  if (!limited) return;
  for (Open& open : family) {
    open.claim.noise_limited = true;
    if (open.claim.verdict == Verdict::kEquivalent) open.claim.verdict = Verdict::kInconclusive;
  }
}

using Levels = std::vector<double> (*)(const std::vector<double>& p, double level);

void DecideFamily(std::vector<Open> family, Levels correct, bool more_is_better,
                  std::vector<Claim>& claims) {
  std::vector<double> p;
  p.reserve(family.size());
  for (const Open& open : family) {
    p.push_back(DecisiveLevel(open.log_ratios, Band()).value_or(1));
  }
  const std::vector<double> levels = correct(p, kLevel);
  for (size_t i = 0; i < family.size(); ++i) Decide(family[i], levels[i], more_is_better);
  LimitByNoise(family);
  for (Open& open : family) claims.push_back(std::move(open.claim));
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
  open.claim.blocks = differences.log_ratios.size();
  open.claim.incomplete = differences.incomplete;
  open.log_ratios = std::move(differences.log_ratios);
  return open;
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
    const Observations observations = Observe(attempts, metric);
    if (observations.empty()) continue;
    std::vector<Open> together, each;
    for (const Arm& arm : arms.others) {
      together.push_back(OpenClaim(arms, arm, metric, observations, arm.pairs));
      if (arm.pairs.size() < 2) continue;
      for (const Pair& pair : arm.pairs) {
        each.push_back(OpenClaim(arms, arm, metric, observations, {pair}));
        each.back().claim.cell_id = pair.cell;
        each.back().claim.label = pair.label;
      }
    }
    DecideFamily(std::move(together), HolmLevels, claimed.more_is_better, primary);
    DecideFamily(std::move(each), BenjaminiHochbergLevels, claimed.more_is_better, of_cells);
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
  for (const Arm& arm : arms.others) planned.arms.push_back(arm.name);
  if (planned.arms.empty()) return planned;
  planned.blocks_needed = LeastPairs(kLevel / static_cast<double>(planned.arms.size()));
  return planned;
}

}  // namespace copycost::analysis
