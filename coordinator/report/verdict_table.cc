#include "coordinator/report/verdict_table.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "coordinator/report/text_grid.h"

namespace copycost::report {
namespace {

using ::copycost::analysis::Claim;

struct MetricWords {
  absl::string_view column;
  std::string name;    // as the table of cells calls it
  std::string better;  // than the baseline
};

const std::vector<MetricWords>& Words() {
  static const auto& words = *new std::vector<MetricWords>{
      {"goodput_gbps", "goodput", "more goodput"},
      {"exchanges_per_s", "exchanges", "more exchanges"},
      {"rr_latency_p99_us", "latency p99", "less latency"},
      {"host_cpu_ns_per_byte", "host CPU", "less CPU time"},
  };
  return words;
}

std::string NameOf(const record::Metric& metric) {
  for (const MetricWords& words : Words()) {
    if (metric.column == words.column) return words.name;
  }
  return std::string(metric.column);
}

// What is better, of each metric that claims are on.
std::string Better(const std::vector<Claim>& claims) {
  std::vector<std::string> better;
  for (const MetricWords& words : Words()) {
    const bool claimed = std::any_of(claims.begin(), claims.end(), [&](const Claim& claim) {
      return claim.metric->column == words.column;
    });
    if (claimed) better.push_back(words.better);
  }
  return absl::StrJoin(better, ", ");
}

// So that a limit of the band is not the same as what lies beyond it.
std::string Format(double ratio) { return absl::StrFormat("%.4f", ratio); }

std::string RatioText(const Claim& claim) {
  if (!claim.ratio.ok()) return "n/a";
  std::string text = Format(*claim.ratio);
  if (claim.interval.ok()) {
    absl::StrAppend(&text, " [", Format(claim.interval->low), ", ", Format(claim.interval->high),
                    "]");
  }
  return text;
}

std::string VerdictText(const Claim& claim) {
  std::string text(analysis::WordOf(claim.verdict));
  if (!claim.interval.ok()) absl::StrAppend(&text, ": ", claim.interval.status().message());
  if (claim.noise_limited) text += ", noise-limited";
  return text;
}

std::string Legend(const std::vector<Claim>& claims) {
  size_t incomplete = 0;
  double least = 1, most = 0;  // level of an interval
  bool several_cells = false, left_out = false, noise_limited = false;
  for (const Claim& claim : claims) {
    several_cells = several_cells || claim.cells > 1;
    left_out = left_out || claim.cells < claim.cells_shared;
    incomplete = std::max(incomplete, claim.incomplete);
    noise_limited = noise_limited || claim.noise_limited;
    if (!claim.interval.ok()) continue;
    least = std::min(least, claim.level);
    most = std::max(most, claim.level);
  }
  std::string text = "Ratios to the baseline in the same block";
  if (several_cells) text += ", geometric mean over cells";
  if (most > 0) {
    absl::StrAppendFormat(&text, " [%.3g %%", 100 * (1 - most));
    if (least < most) absl::StrAppendFormat(&text, " to %.3g %%", 100 * (1 - least));
    text += " interval]";
  }
  absl::StrAppendFormat(&text,
                        ". Faster is better by more than %g %%: %s; equivalent, within that.",
                        100 * analysis::kBand, Better(claims));
  if (left_out) text += " Of some cells it was never told, which are left out.";
  if (incomplete > 0) {
    absl::StrAppend(&text, " Up to ", incomplete, incomplete == 1 ? " block" : " blocks",
                    " lacked a trial or the figure, and were left out.");
  }
  if (noise_limited) {
    text +=
        " Noise-limited: it would be equivalent, but the baseline, measured twice, is not shown "
        "to be so to itself.";
  }
  return text;
}

}  // namespace

std::string VerdictTable(absl::Span<const Claim> claims, size_t width) {
  std::vector<Claim> together;
  for (const Claim& claim : claims) {
    if (claim.cell_id == 0) together.push_back(claim);
  }
  if (together.empty()) return "";
  // By arm, and within it in the order of metrics.
  std::vector<std::string> arms;
  for (const Claim& claim : together) {
    if (std::find(arms.begin(), arms.end(), claim.arm) == arms.end()) arms.push_back(claim.arm);
  }
  std::vector<GridColumn> columns = {
      {.name = absl::StrCat("against ", together.front().baseline), .unit = "", .cells = {}},
      {.name = "of", .unit = "", .cells = {}},
      {.name = "cells", .unit = "", .right_aligned = true, .cells = {}},
      {.name = "blocks", .unit = "", .right_aligned = true, .cells = {}},
      {.name = "ratio", .unit = "", .cells = {}},
      {.name = "verdict", .unit = "", .cells = {}},
  };
  for (const std::string& arm : arms) {
    for (const Claim& claim : together) {
      if (claim.arm != arm) continue;
      columns[0].cells.push_back(arm);
      columns[1].cells.push_back(NameOf(*claim.metric));
      columns[2].cells.push_back(absl::StrCat(claim.cells));
      columns[3].cells.push_back(absl::StrCat(claim.blocks));
      columns[4].cells.push_back(RatioText(claim));
      columns[5].cells.push_back(VerdictText(claim));
    }
  }
  return absl::StrCat("\n", LayOut(std::move(columns), width).text, "\n",
                      Wrap(Legend(together), width, 2));
}

}  // namespace copycost::report
