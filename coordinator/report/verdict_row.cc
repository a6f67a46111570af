#include "coordinator/report/verdict_row.h"

#include <string>
#include <tuple>

namespace copycost::report {

record::Row VerdictRow(const analysis::Claim& claim) {
  using record::Value;
  const bool of_cell = claim.cell_id != 0;
  const auto& [interval, uncorrected] = std::tie(claim.interval, claim.uncorrected_interval);
  const auto count = [](size_t number) { return Value(static_cast<int64_t>(number)); };
  return {
      {"metric", claim.metric == nullptr ? Value() : Value(std::string(claim.metric->column))},
      {"arm", claim.arm},
      {"baseline", claim.baseline},
      {"cell_id", of_cell ? Value(int64_t{claim.cell_id}) : Value()},
      {"label", of_cell ? Value(claim.label) : Value()},
      {"cells", count(claim.cells)},
      {"cells_shared", count(claim.cells_shared)},
      {"blocks", count(claim.blocks)},
      {"incomplete_blocks", count(claim.incomplete)},
      {"level", claim.level},
      {"ratio", claim.ratio.ok() ? Value(*claim.ratio) : Value()},
      {"ratio_low", interval.ok() ? Value(interval->low) : Value()},
      {"ratio_high", interval.ok() ? Value(interval->high) : Value()},
      {"ratio_low_95", uncorrected.ok() ? Value(uncorrected->low) : Value()},
      {"ratio_high_95", uncorrected.ok() ? Value(uncorrected->high) : Value()},
      {"verdict", std::string(analysis::WordOf(claim.verdict))},
      {"noise_limited", int64_t{claim.noise_limited}},
      {"reason", interval.ok() ? Value() : Value(std::string(interval.status().message()))},
  };
}

}  // namespace copycost::report
