// The order of a comparison: rounds of two executions, one of each side, next to each other in
// time; pairs of one or more rounds, in which the sides take turns at being first; blocks in which
// every cell has one pair, shuffled. What drifts, drifts for both.
#ifndef COPYCOST_TESTS_BENCH_PAIRS_H_
#define COPYCOST_TESTS_BENCH_PAIRS_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "copycost/v1/experiment.pb.h"
#include "tests/bench/observation.h"

namespace copycost::bench {

// What each side did in its executions: their geometric means.
struct Pair {
  Observation product;
  Observation other;
};

// One workload, compared.
struct Cell {
  v1::Workload workload;
  std::vector<Pair> pairs;
  uint32_t repeated = 0;  // rounds run again because one of the two was invalid
};

struct PairsOptions {
  Side product;
  Side other;
  uint32_t pairs;                                    // for each cell
  uint32_t rounds = 1;                               // of each pair
  uint64_t seed;                                     // decides every order
  std::function<void(absl::string_view line)> tell;  // progress, for people
};

// Fills `cells`. What a side says when it cannot go on; FailedPrecondition when more rounds of
// a cell had to be repeated than were to be run.
absl::Status RunPairs(const PairsOptions& options, std::vector<Cell>& cells);

}  // namespace copycost::bench

#endif  // COPYCOST_TESTS_BENCH_PAIRS_H_
