#include "tests/bench/pairs.h"

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/status.h"
#include "common/units.h"
#include "common/words.h"
#include "coordinator/experiment/shuffle.h"

namespace copycost::bench {
namespace {

absl::StatusOr<Pair> RunRound(const PairsOptions& options, const v1::Workload& workload,
                              bool product_first) {
  Pair round;
  if (product_first) {
    ASSIGN_OR_RETURN(round.product, options.product(workload));
    ASSIGN_OR_RETURN(round.other, options.other(workload));
  } else {
    ASSIGN_OR_RETURN(round.other, options.other(workload));
    ASSIGN_OR_RETURN(round.product, options.product(workload));
  }
  return round;
}

absl::Status Repeat(const PairsOptions& options, const absl::Status& why, Cell& cell) {
  if (!absl::IsDataLoss(why)) return why;
  const std::string name = absl::StrCat(Label(cell.workload.send_mode()), " ",
                                        FormatBytes(cell.workload.message_bytes()));
  options.tell(absl::StrCat(name, ": a round is repeated: ", why.message()));
  if (++cell.repeated <= options.pairs * options.rounds) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(name, ": more rounds were invalid than were to be run; is the host busy?"));
}

// A round that is invalid is run again as a whole.
absl::StatusOr<Pair> RunPair(const PairsOptions& options, bool product_first, Cell& cell) {
  std::vector<Observation> product;
  std::vector<Observation> other;
  while (product.size() < options.rounds) {
    const absl::StatusOr<Pair> round =
        RunRound(options, cell.workload, product_first == (product.size() % 2 == 0));
    if (!round.ok()) {
      RETURN_IF_ERROR(Repeat(options, round.status(), cell));
      continue;
    }
    product.push_back(round->product);
    other.push_back(round->other);
  }
  return Pair{.product = MeanOf(product), .other = MeanOf(other)};
}

}  // namespace

absl::Status RunPairs(const PairsOptions& options, std::vector<Cell>& cells) {
  SplitMix64 coin(options.seed);
  for (uint32_t block = 1; block <= options.pairs; ++block) {
    options.tell(absl::StrCat("block ", block, " of ", options.pairs));
    const auto count = static_cast<uint32_t>(cells.size());
    for (const uint32_t index : ShuffledOrder(count, options.seed, block)) {
      Cell& cell = cells[index];
      ASSIGN_OR_RETURN(cell.pairs.emplace_back(), RunPair(options, coin.Below(2) == 0, cell));
    }
  }
  return absl::OkStatus();
}

}  // namespace copycost::bench
