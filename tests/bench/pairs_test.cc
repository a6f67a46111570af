#include "tests/bench/pairs.h"

#include <cmath>
#include <set>
#include <string>
#include <utility>

#include "tests/testing/status_matchers.h"

namespace copycost::bench {
namespace {

using ::copycost::testing::StatusIs;
using ::testing::HasSubstr;

// Which side ran which workload, in order.
using Calls = std::vector<std::pair<std::string, uint64_t>>;

Side Noting(const std::string& name, Calls& calls) {
  return [name, &calls](const v1::Workload& workload) {
    calls.emplace_back(name, workload.message_bytes());
    return Observation{.goodput_gbps = static_cast<double>(calls.size())};
  };
}

std::vector<Cell> CellsOf(const std::vector<uint64_t>& sizes) {
  std::vector<Cell> cells;
  for (const uint64_t size : sizes) {
    v1::Workload workload;
    workload.set_message_bytes(size);
    cells.push_back({.workload = std::move(workload), .pairs = {}});
  }
  return cells;
}

Calls CallsOf(uint64_t seed) {
  Calls calls;
  std::vector<Cell> cells = CellsOf({1024, 16384, 65536});
  EXPECT_OK(RunPairs({.product = Noting("product", calls),
                      .other = Noting("other", calls),
                      .pairs = 10,
                      .seed = seed,
                      .tell = [](absl::string_view) {}},
                     cells));
  for (const Cell& cell : cells) EXPECT_EQ(cell.pairs.size(), 10);
  return calls;
}

TEST(PairsTest, TheTwoOfAPairAreNeighboursInTime) {
  const Calls calls = CallsOf(1);
  ASSERT_EQ(calls.size(), 60);
  std::set<std::string> first;
  for (size_t i = 0; i < calls.size(); i += 2) {
    EXPECT_EQ(calls[i].second, calls[i + 1].second);
    EXPECT_NE(calls[i].first, calls[i + 1].first);
    first.insert(calls[i].first);
  }
  EXPECT_EQ(first.size(), 2) << "one side is always first";
}

TEST(PairsTest, EachBlockHasEveryCell) {
  const Calls calls = CallsOf(2);
  for (size_t block = 0; block < calls.size(); block += 6) {
    std::set<uint64_t> sizes;
    for (size_t i = block; i < block + 6; ++i) sizes.insert(calls[i].second);
    EXPECT_EQ(sizes.size(), 3);
  }
}

TEST(PairsTest, SeedDecidesTheOrder) {
  EXPECT_EQ(CallsOf(3), CallsOf(3));
  EXPECT_NE(CallsOf(3), CallsOf(4));
}

TEST(PairsTest, ThePairOfSeveralRoundsIsTheirGeometricMean) {
  std::vector<std::string> order;
  const auto side = [&order](const std::string& name) {
    return [&order, name](const v1::Workload&) {
      order.push_back(name);
      // 1, 2, 4 and 8, whoever comes when.
      return Observation{.goodput_gbps = std::exp2((order.size() - 1) % 8 / 2)};
    };
  };
  std::vector<Cell> cells = CellsOf({1024});
  ASSERT_OK(RunPairs({.product = side("product"),
                      .other = side("other"),
                      .pairs = 6,
                      .rounds = 4,
                      .seed = 8,
                      .tell = [](absl::string_view) {}},
                     cells));
  ASSERT_EQ(order.size(), 6u * 4 * 2);
  for (size_t pair = 0; pair < order.size(); pair += 8) {
    for (size_t round = pair; round < pair + 8; round += 2)
      EXPECT_NE(order[round], order[round + 1]);
    // The sides take turns.
    EXPECT_NE(order[pair], order[pair + 2]);
    EXPECT_EQ(order[pair], order[pair + 4]);
    EXPECT_NE(order[pair], order[pair + 6]);
  }
  for (const Pair& pair : cells[0].pairs) {
    EXPECT_NEAR(pair.product.goodput_gbps, std::sqrt(8), 1e-9);
    EXPECT_NEAR(pair.other.goodput_gbps, std::sqrt(8), 1e-9);
    EXPECT_FALSE(pair.product.cpu_ns_per_byte.has_value());
  }
}

TEST(PairsTest, RepeatsTheWholeRoundWhenOneOfItWasInvalid) {
  Calls calls;
  const Side noting = Noting("product", calls);
  const Side invalid_at_first = [&](const v1::Workload& workload) -> absl::StatusOr<Observation> {
    absl::StatusOr<Observation> observation = noting(workload);
    return calls.size() <= 2 ? absl::DataLossError("windows") : observation;
  };
  std::vector<Cell> cells = CellsOf({1024});
  ASSERT_OK(RunPairs({.product = invalid_at_first,
                      .other = Noting("other", calls),
                      .pairs = 6,
                      .seed = 5,
                      .tell = [](absl::string_view) {}},
                     cells));
  EXPECT_EQ(cells[0].pairs.size(), 6);
  EXPECT_GE(cells[0].repeated, 1);
  for (const Pair& pair : cells[0].pairs) {
    EXPECT_NEAR(std::abs(pair.product.goodput_gbps - pair.other.goodput_gbps), 1, 1e-9);
  }
}

TEST(PairsTest, GivesUpWhenMoreIsInvalidThanWasToBeRun) {
  Calls calls;
  std::vector<Cell> cells = CellsOf({1024});
  EXPECT_THAT(RunPairs({.product = [](const v1::Workload&) { return absl::DataLossError("cut"); },
                        .other = Noting("other", calls),
                        .pairs = 6,
                        .seed = 6,
                        .tell = [](absl::string_view) {}},
                       cells),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("1K")));
  EXPECT_EQ(cells[0].repeated, 7);
}

TEST(PairsTest, EndsWithAnyOtherError) {
  Calls calls;
  std::vector<Cell> cells = CellsOf({1024});
  EXPECT_THAT(RunPairs({.product = [](const v1::Workload&) { return absl::AbortedError("gone"); },
                        .other = Noting("other", calls),
                        .pairs = 6,
                        .seed = 7,
                        .tell = [](absl::string_view) {}},
                       cells),
              StatusIs(absl::StatusCode::kAborted, "gone"));
  EXPECT_EQ(cells[0].repeated, 0);
}

}  // namespace
}  // namespace copycost::bench
