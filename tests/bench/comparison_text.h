// A comparison as it is told: a table for people, JSON lines for programs.
#ifndef COPYCOST_TESTS_BENCH_COMPARISON_TEXT_H_
#define COPYCOST_TESTS_BENCH_COMPARISON_TEXT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tests/bench/comparison.h"
#include "tests/bench/pairs.h"

namespace copycost::bench {

// Of one cell.
struct CellResult {
  Cell cell;
  std::vector<Comparison> comparisons;
};

// What all cells were compared with and by.
struct ResultHeading {
  std::string against;  // "bare", "iperf3"
  Criterion criterion;
  uint64_t seed;
  uint64_t receive_buffer;  // bytes; 0: as TCP sizes it
  uint32_t mtu;             // 0: as the veth pair has it
  std::string not_equal;    // may be empty
};

// A row for each comparison, and what it must reach; for a terminal of this width.
std::string ComparisonTable(const ResultHeading& heading, absl::Span<const CellResult> results,
                            size_t width);

// One object a line: "pair" for each pair, "comparison" for each comparison. What is absent is left
// out.
std::string ComparisonLines(const ResultHeading& heading, absl::Span<const CellResult> results);

}  // namespace copycost::bench

#endif  // COPYCOST_TESTS_BENCH_COMPARISON_TEXT_H_
