// What a run says of its send modes against each other: claims, each with an interval and a
// verdict. Pure.
//
// A claim compares an arm (a send mode; where it was named more than once, one of its namings) with
// the baseline: the first naming of two-copy, or of the first mode named where two-copy was not.
// Cells are compared that differ in nothing else, within blocks: each block gives the logarithm of
// one ratio, and the Hodges-Lehmann estimate of these and its exact signed-rank interval are told.
//
// Of each metric there are two families of claims. In the primary one each arm makes one claim, on
// the geometric mean over all cells that it shares with the baseline and that tell the metric; it
// is corrected by Holm's procedure. In the other, where there are several cells, each cell of each
// arm makes one; it is corrected by Benjamini and Hochberg's. Levels are 5 % before correction. A
// verdict needs the whole interval, at the corrected level, on one side of the band or inside of
// it.
//
// Further namings of the baseline's own mode are in no family: what they claim, at 5 % each, says
// what this machine tells apart.
#ifndef COPYCOST_COORDINATOR_ANALYSIS_VERDICTS_H_
#define COPYCOST_COORDINATOR_ANALYSIS_VERDICTS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "coordinator/analysis/order_statistics.h"
#include "coordinator/record/metrics.h"
#include "coordinator/record/run.h"

namespace copycost::analysis {

// A difference of so much is none, and nothing widens it: from 1 / 1.02 to 1.02 of the baseline.
inline constexpr double kBand = 0.02;

enum class Verdict {
  kFaster,  // better than the baseline: more goodput or exchanges, less latency, less CPU time
  kSlower,
  kEquivalent,
  kInconclusive,  // the interval holds a limit of the band, or there is none
};

// "faster", "slower", "equivalent", "inconclusive".
absl::string_view WordOf(Verdict verdict);

struct Claim {
  std::string arm;       // "zero-copy", "two-copy#2"
  std::string baseline;  // "two-copy"
  const record::Metric* metric = nullptr;
  // The cell of the arm that it is about; 0 for all of them together.
  uint32_t cell_id = 0;
  std::string label;        // of that cell
  size_t cells = 0;         // compared
  size_t cells_shared = 0;  // with the baseline; those not compared never told it in both arms
  size_t blocks = 0;        // in which all compared cells told the metric, in both arms
  size_t incomplete = 0;    // in which some did, but not all: they are left out
  double level = 0;         // after correction
  // Arm to baseline. Errors carry the reason as their message: "need >= 7 blocks".
  absl::StatusOr<double> ratio;
  absl::StatusOr<Interval> interval;              // at that level
  absl::StatusOr<Interval> uncorrected_interval;  // 95 %, for this claim alone
  Verdict verdict = Verdict::kInconclusive;
  // It would be equivalent, but another naming of the baseline's own mode is not so, or cannot be
  // shown to be.
  bool noise_limited = false;
};

// Primary claims of all metrics, then those of cells. Empty where there is only one arm. A cell
// that never tells a metric, or whose partner never does, makes no claim on it. Exchanges a second
// stand in the place of goodput, but not at a rate, which is what was asked for.
std::vector<Claim> Claims(const record::Run& run);

// What a plan will claim of each metric on all cells together; no arms: nothing.
struct PlannedClaims {
  std::string baseline;
  std::vector<std::string> arms;
  size_t blocks_needed = 0;  // fewer decide none of these claims
};

PlannedClaims PlannedClaimsOf(const v1::Plan& plan);

}  // namespace copycost::analysis

#endif  // COPYCOST_COORDINATOR_ANALYSIS_VERDICTS_H_
