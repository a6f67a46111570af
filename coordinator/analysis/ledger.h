// The copy ledger: what the CPU time of each byte was spent on, by samples of what CPUs did. Pure.
//
// The samples of all good ledger trials of a cell are pooled: one trial has a few hundred. A host's
// share of samples, of those that were not idle, is a share of its CPU time per byte in those
// trials (record/host_cpu.h).
#ifndef COPYCOST_COORDINATOR_ANALYSIS_LEDGER_H_
#define COPYCOST_COORDINATOR_ANALYSIS_LEDGER_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "coordinator/analysis/ledger_rules.h"
#include "coordinator/analysis/order_statistics.h"
#include "coordinator/record/run.h"

namespace copycost::analysis {

struct LedgerLine {
  Work work = Work::kUnknown;
  uint64_t samples = 0;
  // Of all busy time. The interval is exact for counts of independent samples (Clopper and Pearson,
  // 95 %): what sampling alone leaves open.
  double share = 0;
  Interval share_interval{};
  // Errors carry the reason as their message.
  absl::StatusOr<double> ns_per_byte;
  absl::StatusOr<Interval> ns_per_byte_interval;
};

struct CellLedger {
  v1::Cell cell;
  int trials = 0;      // whose samples these are; good ones that saw nothing do not count
  std::string reason;  // why there are none; empty when trials > 0
  std::string event;   // what made CPUs take samples: "cycles", "cpu-clock"
  uint32_t hz = 0;
  uint64_t samples = 0;  // of busy CPUs
  uint64_t idle_samples = 0;
  uint64_t lost_samples = 0;
  std::vector<LedgerLine> lines;  // of every kind of work but idleness, in their order
  // Goodput with sampling to goodput without, less one: the median over blocks that have both.
  absl::StatusOr<double> perturbation;
  int perturbation_blocks = 0;  // how many those are
  // "sender;entry_SYSCALL_64_after_hwframe;...;_copy_from_iter", outermost first: how often.
  std::map<std::string, uint64_t> folded_stacks;
};

// One for each cell of the plan; empty for a run without a ledger.
std::vector<CellLedger> Ledgers(const record::Run& run);

}  // namespace copycost::analysis

#endif  // COPYCOST_COORDINATOR_ANALYSIS_LEDGER_H_
