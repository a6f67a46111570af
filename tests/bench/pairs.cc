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

absl::StatusOr<Pair> RunPair(const PairsOptions& options, const v1::Workload& workload,
                             bool product_first) {
  Pair pair;
  if (product_first) {
    ASSIGN_OR_RETURN(pair.product, options.product(workload));
    ASSIGN_OR_RETURN(pair.other, options.other(workload));
  } else {
    ASSIGN_OR_RETURN(pair.other, options.other(workload));
    ASSIGN_OR_RETURN(pair.product, options.product(workload));
  }
  return pair;
}

absl::Status Repeat(const PairsOptions& options, const absl::Status& why, Cell& cell) {
  if (!absl::IsDataLoss(why)) return why;
  const std::string name = absl::StrCat(Label(cell.workload.send_mode()), " ",
                                        FormatBytes(cell.workload.message_bytes()));
  options.tell(absl::StrCat(name, ": the pair is repeated: ", why.message()));
  if (++cell.repeated <= options.pairs) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(name, ": more pairs were invalid than were to be run; is the host busy?"));
}

}  // namespace

absl::Status RunPairs(const PairsOptions& options, std::vector<Cell>& cells) {
  SplitMix64 coin(options.seed);
  for (uint32_t block = 1; block <= options.pairs; ++block) {
    options.tell(absl::StrCat("block ", block, " of ", options.pairs));
    const auto count = static_cast<uint32_t>(cells.size());
    for (const uint32_t index : ShuffledOrder(count, options.seed, block)) {
      Cell& cell = cells[index];
      while (cell.pairs.size() < block) {
        absl::StatusOr<Pair> pair = RunPair(options, cell.workload, coin.Below(2) == 0);
        if (pair.ok()) {
          cell.pairs.push_back(*std::move(pair));
        } else {
          RETURN_IF_ERROR(Repeat(options, pair.status(), cell));
        }
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace copycost::bench
